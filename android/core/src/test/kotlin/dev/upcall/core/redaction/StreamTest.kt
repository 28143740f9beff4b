package dev.upcall.core.redaction

import kotlinx.serialization.json.Json
import org.junit.jupiter.api.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class StreamTest {
    private val pieces = PLACEHOLDER_PIECES + "EMAIL-1-k7"
    private val jsonPieces = PLACEHOLDER_PIECES + JSON_PIECES + "\"[[CREDIT_CARD_2_k7]]\""

    private fun vault() = Vault("k7").apply {
        placeholder(EntityType.EMAIL, "alice@example.com")
        placeholder(EntityType.CREDIT_CARD, "[[4111 1111]] 😀")
        placeholder(EntityType.CREDIT_CARD, "4111111111111111", isNumber = true)
        placeholder(EntityType.SECRET, "a\"b\\c\n\uD800")
    }

    @Test
    fun `joined chunks equal the whole`() = forRandomTexts {
        val vault = vault()
        val text = text(pieces)
        val restorer = StreamRestorer(vault)
        assertEquals(vault.restore(text), restorer.restored(chunks(text)))
        assertEquals(vault.restoreCounted(text).count, restorer.restoredCount)
    }

    @Test
    fun `joined chunks of JSON equal the whole`() = forRandomTexts {
        val vault = vault()
        val text = text(jsonPieces)
        val restorer = JsonStreamRestorer(vault)
        assertEquals(restore(text, vault, isJson = true), restorer.restored(chunks(text)))
        assertEquals(vault.restoreCounted(text).count, restorer.restoredCount)
    }

    @Test
    fun `one character at a time never holds more than a placeholder`() = forRandomTexts {
        for ((restorer, most) in listOf(
            StreamRestorer(Vault("k7")) to LONGEST_PLACEHOLDER - 1,
            JsonStreamRestorer(Vault("k7")) to LONGEST_PLACEHOLDER + 1,
        )) {
            val text = text(jsonPieces)
            var given = 0
            text.forEachIndexed { index, character ->
                given += restorer.feed(character.toString()).length
                assertTrue(index + 1 - given <= most)
            }
            assertEquals(text.length, given + restorer.flush().length)
        }
    }

    @Test
    fun `plain text passes at once`() {
        val restorer = StreamRestorer(vault())
        assertEquals("a [link](x) and a[0]", restorer.feed("a [link](x) and a[0]"))
        assertEquals("", restorer.feed("[[EMAIL_1"))
        assertEquals("StreamRestorer(9 characters held)", restorer.toString())
        assertEquals("alice@example.com!", restorer.feed("_k7]]!"))
        assertEquals("", restorer.flush())
    }

    @Test
    fun `can be used again after the end`() {
        for (restorer in listOf(StreamRestorer(vault()), JsonStreamRestorer(vault()))) {
            assertEquals("", restorer.feed("[[EM"))
            assertEquals("[[EM", restorer.flush())
            assertEquals("AIL_1_k7]]", restorer.feed("AIL_1_k7]]"))
        }
    }

    @Test
    fun `altered placeholders are counted once, however they are cut`() = forRandomTexts(200) {
        val text = "EMAIL-1-k7 and [[EMAIL_7_k7]], EMAIL&#95;1&#95;k7😀 [[EMAIL_1_k7]] EMAIL-1-zz"
        val restorer = StreamRestorer(vault())
        restorer.restored(chunks(text))
        assertEquals(3, restorer.alteredCount)
    }

    @Test
    fun `JSON stays JSON`() {
        val cases =
            mapOf(
                """{"a": "[[SECRET_1_k7]]"}""" to """{"a": "a\"b\\c\n\ud800"}""",
                """{"a": "\"[[SECRET_1_k7]]\\"}""" to """{"a": "\"a\"b\\c\n\ud800\\"}""",
                """{"[[SECRET_1_k7]]": 1}""" to """{"a\"b\\c\n\ud800": 1}""",
                """["[[CREDIT_CARD_2_k7]]", "no [[CREDIT_CARD_2_k7]]", "[[CREDIT_CARD_2_k7]] "]""" to
                    """[4111111111111111, "no 4111111111111111", "4111111111111111 "]""",
                """{"a": [[CREDIT_CARD_2_k7]], "b": [[SECRET_1_k7]]}""" to
                    """{"a": 4111111111111111, "b": "a\"b\\c\n\ud800"}""",
                """{"[[CREDIT_CARD_2_k7]]": [["[[CREDIT_CARD_2_k7]]"]]}""" to
                    """{"4111111111111111": [[4111111111111111]]}""",
                """["\"", "[[CREDIT_CARD_2_k7]]"]""" to """["\"", 4111111111111111]""",
            )
        for ((text, expected) in cases) {
            assertEquals(
                Json.parseToJsonElement(expected),
                Json.parseToJsonElement(restore(text, vault(), isJson = true)),
            )
        }
    }
}
