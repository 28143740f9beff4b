package dev.upcall.core.redaction

import dev.upcall.core.InputError
import kotlinx.serialization.json.Json
import org.junit.jupiter.api.Test
import kotlin.test.assertEquals
import kotlin.test.assertNotNull
import kotlin.test.assertTrue

/** What must hold of masking and restoring for every text. */
class PropertiesTest {
    private val denied = listOf("Ann", "Project Heron", "k7", "1")
    private val detector = Detector(denyTerms = denied)
    private val fragments = PRIVATE_PIECES + PLACEHOLDER_PIECES + JSON_PIECES + STRANGE_PIECES

    /** Outside its spans the text is as it was; in their place stand placeholders of this vault. */
    private fun checkSpans(text: String, masked: String, redacted: RedactedText, strip: (String) -> String = { it }) {
        var position = 0
        var place = 0
        for (span in redacted.spans) {
            val before = strip(text.substring(position, span.start))
            assertTrue(masked.startsWith(before, place))
            place += before.length
            val found = assertNotNull(findPlaceholders(masked.substring(place)).firstOrNull())
            assertTrue(found.start == 0 && redacted.vault.isMinted(found.minted))
            place += found.end
            position = span.end
        }
        assertEquals(strip(text.substring(position)), masked.substring(place))
    }

    @Test
    fun `a text comes back whole, spans say what was cut, and nothing is left to find`() = forRandomTexts(300) {
        val text = text(fragments, most = 10)
        val vault = Vault("k7")
        val redacted = redact(text, detector, vault)
        assertEquals(text, restore(redacted.masked, vault))
        assertEquals(text, StreamRestorer(vault).restored(chunks(redacted.masked)))
        checkSpans(text, redacted.masked, redacted)
        assertEquals(emptyList(), detector.find(redacted.masked))
        assertEquals(redacted.masked, redact(text, detector, Vault("k7")).masked)
        // A second turn with the same vault: what was minted keeps its placeholder, what is quoted comes back as quoted.
        for (again in listOf(text, redacted.masked)) {
            assertEquals(again, restore(redact(again, detector, vault).masked, vault))
        }
    }

    @Test
    fun `forged placeholders are never restored`() = forRandomTexts {
        val text = text(fragments) + one(listOf("", " [[EMAIL_2_zz]] [[PERSON_1_zz]]"))
        assertEquals(text, restore(text, Vault("k7")))
        val stranger = Vault("zz").apply { placeholder(EntityType.EMAIL, "alice@example.com") }
        if (findPlaceholders(text).none { stranger.isMinted(it.minted) }) assertEquals(text, restore(text, stranger))
    }

    @Test
    fun `whatever a finder claims comes back`() = forRandomTexts(300) {
        val claims = List(number(0, 7)) { Triple(number(0, 80), number(1, 31), one(EntityType.entries)) }
        val finder =
            object : NameFinder {
                override val version = "any"

                override fun spans(text: String): List<Span> = claims.mapNotNull { (from, length, type) ->
                    val start = text.after(0, from)
                    val end = text.after(start, length)
                    if (start == end) null else Span(start, end, type, "any", 0.5)
                }
            }
        val anything = Detector(denyTerms = denied, names = finder)
        val text = text(fragments, most = 10)
        val vault = Vault("k7")
        repeat(2) {
            // in the second turn with what the vault remembers
            val redacted = redact(text, anything, vault)
            assertEquals(text, restore(redacted.masked, vault))
            checkSpans(text, redacted.masked, redacted)
        }
        val json = "[\"${escape(text)}\", 4111111111111111, {\"${escape(text)}\": -0.5e3}]"
        val restored = restore(redact(json, anything, vault, isJson = true).masked, vault, isJson = true)
        assertEquals(Json.parseToJsonElement(json), Json.parseToJsonElement(restored))
    }

    @Test
    fun `JSON stays JSON, and what is none is refused`() = forRandomTexts(300) {
        val whole = "{\"${escape(
            text(fragments, most = 4),
        )}\": [\"${escape(text(fragments))}\", 4111111111111111, null]}"
        val cut = number(0, whole.length + 1)
        for (text in listOf(whole, whole.take(cut) + one(fragments) + whole.drop(cut))) {
            val vault = Vault("k7")
            val redacted =
                try {
                    redact(text, detector, vault, isJson = true)
                } catch (_: InputError) {
                    assertTrue(text != whole)
                    continue
                }
            Json.parseToJsonElement(redacted.masked)
            val restored = restore(redacted.masked, vault, isJson = true)
            assertEquals(Json.parseToJsonElement(text), Json.parseToJsonElement(restored))
            assertEquals(restored, JsonStreamRestorer(vault).restored(chunks(redacted.masked)))
            checkSpans(text, redacted.masked.replace("\"", ""), redacted) { it.replace("\"", "") }
        }
    }

    @Test
    fun `an answer of any form is restored in chunks as it is at once`() = forRandomTexts {
        val vault = Vault("k7")
        redact("[\"Ann\", 4111111111111111, \"a\\\"@x.com\", \"alice@example.com\"]", detector, vault, isJson = true)
        val text = text(fragments)
        assertEquals(restore(text, vault), StreamRestorer(vault).restored(chunks(text)))
        assertEquals(restore(text, vault, isJson = true), JsonStreamRestorer(vault).restored(chunks(text)))
    }

    @Test
    fun `a value with what placeholders are blanked with reaches into none`() {
        val pair = "👩\u200D👩"
        val text = "$pair\u0000${pair.repeat(12)} "
        val finder =
            object : NameFinder {
                override val version = "any"

                override fun spans(text: String) =
                    listOf(Span(text.after(0, 3), text.after(0, 7), EntityType.IBAN, "any", 0.5))
            }
        val vault = Vault("k7")
        repeat(2) { assertEquals(text, restore(redact(text, Detector(names = finder), vault).masked, vault)) }
    }
}
