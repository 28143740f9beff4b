package dev.upcall.core.redaction.names

import dev.upcall.core.RedactionError
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

/** From masses to spans: which words are private, and which belong together. */
class DecoderTest {
    private val labels = listOf("O") + loadNameRules().labels.keys.flatMap { listOf("B-$it", "I-$it") }
    private val decoder = Decoder(loadNameRules(), labels)

    @Test
    fun `masses become pieces`() {
        val expected =
            mapOf(
                "Saw Anna/GIVEN_NAME/0.9 Maria/GIVEN_NAME/0.9 Schmidt/SURNAME/0.9 there" to
                    listOf("Anna Maria Schmidt PERSON"),
                "I saw Anna/GIVEN_NAME/0.9, Peter/GIVEN_NAME/0.9" to listOf("Anna PERSON", "Peter PERSON"),
                "I saw Ryan/GIVEN_NAME/0.9 P. Costa/SURNAME/0.9" to listOf("Ryan P. Costa PERSON"),
                "Vidi Marco/GIVEN_NAME/0.9 e Carla/GIVEN_NAME/0.9" to listOf("Marco PERSON", "Carla PERSON"),
                "I saw Anna/GIVEN_NAME/0.06" to listOf("Anna PERSON"),
                "I saw Anna/GIVEN_NAME/0.015" to emptyList(),
                "I saw Anna/GIVEN_NAME/0.9 Weiss/SURNAME/0.05" to listOf("Anna Weiss PERSON"),
                "I saw anna/GIVEN_NAME/0.5 there" to emptyList(),
                "I saw anna/GIVEN_NAME/0.95 there" to listOf("anna PERSON"),
                "i saw anna/GIVEN_NAME/0.5 there" to listOf("anna PERSON"),
                "Hier Anna/GIVEN_NAME/0.9 rit/SURNAME/0.99" to listOf("Anna PERSON"),
                "Anna/GIVEN_NAME/0.07 it is" to emptyList(),
                "Anna/GIVEN_NAME/0.4 it is" to listOf("Anna PERSON"),
                "Oh: Will/GIVEN_NAME/0.07 it rain" to emptyList(),
                "At 12/BUILDING_NUMBER/0.9 Elm/STREET_NAME/0.9, Paris/CITY/0.9" to listOf("12 Elm, Paris ADDRESS"),
                "In Paris/CITY/0.9, France" to listOf("Paris LOCATION"),
                "In Paris/CITY/0.9 and Rome/CITY/0.9" to listOf("Paris LOCATION", "Rome LOCATION"),
                "In France/CITY/0.9" to emptyList(),
                "What is 12/BUILDING_NUMBER/0.9 + 30/BUILDING_NUMBER/0.9" to emptyList(),
                "On page/STREET_NAME/0.9 345/BUILDING_NUMBER/0.9" to emptyList(),
                "My zip is 80203/ZIP_CODE/0.9" to listOf("80203 ADDRESS"),
                "It costs 80203/ZIP_CODE/0.9" to emptyList(),
                "Order 88231945/GOVERNMENT_ID/0.9" to emptyList(),
                "Passport 88231945/PASSPORT/0.9" to listOf("88231945 PASSPORT"),
                "Passport 882/PASSPORT/0.9" to emptyList(),
                "See example.org/URL/0.9" to emptyList(),
                "Elm/STREET_NAME/0.9 5\n\nOak/STREET_NAME/0.9 7" to listOf("Elm ADDRESS", "Oak ADDRESS"),
            )
        assertEquals(expected, expected.mapValues { (marked, _) -> decoded(marked) })
    }

    @Test
    fun `words have apostrophes, hyphens and marks, and no possessive`() {
        val expected =
            mapOf(
                "O'Neil Jean-Luc" to listOf("O'Neil", "Jean-Luc"),
                "Anna's and Anna\u2019s" to listOf("Anna", "and", "Anna"),
                "123-office" to listOf("123", "office"),
                "Ame\u0301lie" to listOf("Ame\u0301lie"),
                "हिन्दी" to listOf("हिन्दी"),
                "a_b" to listOf("a", "b"),
                "\uD835\uDC9C\uD835\uDCB7's 😀" to listOf("\uD835\uDC9C\uD835\uDCB7"),
                "" to emptyList(),
            )
        assertEquals(expected, expected.mapValues { (text, _) -> wordsOf(text).map { it.value } })
    }

    @Test
    fun `the most of the tokens of a word counts`() {
        val rows = arrayOf(row("O", 1f), row("B-SURNAME", 0.5f))
        val words = listOf(Word(0, 6, "Müller"))
        decoder.mark(words, Tokens(intArrayOf(0, 3), intArrayOf(3, 6), rows))
        assertEquals(0.5, words.single().mass)
    }

    @Test
    fun `labels that the rules do not name are refused`() {
        for (label in listOf("B-PLANET", "PERSON", "")) {
            assertFailsWith<RedactionError> { Decoder(loadNameRules(), listOf("O", label)) }
        }
    }

    private fun row(label: String, mass: Float) = FloatArray(labels.size).also {
        it[0] = 1 - mass
        it[labels.indexOf(label)] = mass
    }

    /** What is found in a text in which `word/LABEL/MASS` stands for a word with that mass on that label. */
    private fun decoded(marked: String): List<String> {
        val text = StringBuilder()
        val places = mutableListOf<Pair<Int, Int>>()
        val rows = mutableListOf<FloatArray>()
        for (part in marked.split(Regex("(?=[ ,\n])|(?<=[ ,\n])"))) {
            val given = Regex("(\\S+)/([A-Z_]+)/([\\d.]+)").matchEntire(part)?.destructured
            val start = text.length
            text.append(given?.component1() ?: part)
            if (given != null) {
                places.add(start to text.length)
                rows.add(row("I-${given.component2()}", given.component3().toFloat()))
            }
        }
        val words = wordsOf(text.toString())
        val starts = places.map { it.first }.toIntArray()
        decoder.mark(words, Tokens(starts, places.map { it.second }.toIntArray(), rows.toTypedArray()))
        return decoder.pieces(text.toString(), words).map {
            "${text.substring(words[it.first].start, words[it.last].end)} ${it.kind}"
        }
    }
}
