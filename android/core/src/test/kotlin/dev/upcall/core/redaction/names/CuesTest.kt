package dev.upcall.core.redaction.names

import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Span
import kotlin.test.Test
import kotlin.test.assertEquals

/** Titles, companies, post boxes, initials, countries and repetitions, without a model. */
class CuesTest {
    private val cues = Cues(loadNameRules())

    @Test
    fun `a name behind a title`() {
        val expected =
            mapOf(
                "Ask Mr. Smith about it" to listOf("Smith"),
                "Ask mr Smith about it" to listOf("Smith"),
                "ask mr smith about it" to listOf("smith"),
                "Frau van der Berg ruft an" to listOf("van der Berg"),
                "Dr. J. Weber ist da" to listOf("J. Weber"),
                "Herr Dr. Weber ist da" to listOf("Weber"),
                "The Dr. is in" to emptyList(),
                "Dr." to emptyList(),
                "ask mr will about it" to emptyList(),
                "Mr 5" to emptyList(),
                "Mr.\nSmith" to emptyList(),
            )
        assertEquals(expected, expected.mapValues { (text, _) -> values(text, cues.titled(text, wordsOf(text))) })
    }

    @Test
    fun `a company before its form`() {
        val expected =
            mapOf(
                "We bought Acme Widgets Inc. today" to listOf("Acme Widgets Inc"),
                "Die Alpenbau AG liefert" to listOf("Alpenbau AG"),
                "Ask Miller & Hartwell LLP" to listOf("Miller & Hartwell LLP"),
                "write to acme ltd today" to listOf("acme ltd"),
                "GmbH alone" to emptyList(),
                "The ltd is small" to emptyList(),
                "See the AG" to emptyList(),
            )
        val found = expected.mapValues { (text, _) -> values(text, cues.organisations(text, wordsOf(text))) }
        assertEquals(expected, found)
    }

    @Test
    fun `a post box and a military address`() {
        val expected =
            mapOf(
                "To P.O. Box 4521 please" to listOf("P.O. Box 4521"),
                "An Postfach 1234." to listOf("Postfach 1234"),
                "PSC 1234, Box 5678\nAPO AP 96345" to listOf("PSC 1234, Box 5678\nAPO AP 96345"),
                "the box 12" to emptyList(),
                "xP.O. Box 45" to emptyList(),
            )
        assertEquals(expected, expected.mapValues { (text, _) -> values(text, cues.addressForms(text, wordsOf(text))) })
    }

    @Test
    fun `a name takes its initials and an address its number, street and country`() {
        val (person, address) = EntityType.PERSON to EntityType.ADDRESS
        assertEquals("J. R. Hofmann", completed("by J. R. Hofmann", "Hofmann", person))
        assertEquals("Hofmann", completed("so I Hofmann", "Hofmann", person))
        assertEquals("12 rue Voltaire", completed("at 12 rue Voltaire", "Voltaire", address))
        assertEquals("Voltaire", completed("at de Voltaire", "Voltaire", address))
        val withCountry = completed("Elm Street, United States now", "Elm Street", address)
        assertEquals("Elm Street, United States", withCountry)
        assertEquals("Elm Street\n Italy", completed("Elm Street\n Italy", "Elm Street", address))
        assertEquals("Elm Street", completed("Elm Street and Italy", "Elm Street", address))
        assertEquals("Paris", completed("12 Paris, Italy", "Paris", EntityType.LOCATION))
    }

    @Test
    fun `parts of a name that stand elsewhere`() {
        val expected =
            mapOf(
                "Anna Schmidt called. Schmidt waits." to listOf("Schmidt"),
                "Anna Schmidt called. SCHMIDT waits, ANNA too." to listOf("SCHMIDT", "ANNA"),
                "Anna Schmidt called the Schmidts and schmidt." to emptyList(),
                "Will Baker called. Will the Baker wait?" to listOf("Baker"),
                "Jo Li called. Li waits." to emptyList(),
            )
        val found =
            expected.mapValues { (text, _) ->
                val name = Span(0, text.indexOf(" called"), EntityType.PERSON, "names", 0.9)
                cues
                    .repeated(wordsOf(text), listOf(name))
                    .onEach { assertEquals(0.9, it.score) }
                    .map { text.substring(it.start, it.end) }
            }
        assertEquals(expected, found)
    }

    @Test
    fun `parts of an address are not looked for elsewhere`() {
        val address = Span(0, 12, EntityType.ADDRESS, "names", 0.9)
        assertEquals(emptyList(), cues.repeated(wordsOf("Elm Street 5 and Elm"), listOf(address)))
    }

    private fun completed(text: String, core: String, kind: EntityType): String {
        val words = wordsOf(text)
        val start = text.indexOf(core)
        val inside = words.indices.filter { words[it].start >= start && words[it].end <= start + core.length }
        val piece = cues.completed(text, words, Piece(inside.first(), inside.last(), kind, 1.0))
        return values(text, listOf(piece)).single()
    }

    private fun values(text: String, pieces: List<Piece>): List<String> {
        val words = wordsOf(text)
        return pieces.map { text.substring(words[it.first].start, words[it.last].end) }
    }
}
