package dev.upcall.core.redaction

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Test
import kotlin.test.assertEquals

class EscapesTest {
    private val texts =
        listOf("", "plain", "\"q\"\\/\b\u000C\n\r\t\u0000\u001F\u007F", "é 東京 😀 \u2028", "\\u0040", "a\\")

    @Test
    fun `what JSON writes is read`() {
        for (text in texts) {
            assertEquals(text, unescape(JsonPrimitive(text).toString().removeSurrounding("\"")).text)
            assertEquals(text, Json.parseToJsonElement("\"${escape(text)}\"").jsonPrimitive.content)
        }
    }

    @Test
    fun `escapes are the shortest`() {
        assertEquals("\\\"q\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\u007F", escape(texts[2]))
        assertEquals(texts[3], escape(texts[3]))
    }

    @Test
    fun `a lone surrogate is written as an escape`() {
        assertEquals("\\u00fc\\ud800\\\"\\u007f\\ud83d\\ude00", escape("ü\uD800\"\u007F😀"))
    }

    @Test
    fun `each character knows where it was written`() {
        val cases =
            mapOf(
                "a\\u0040b" to ("a@b" to listOf(0, 1, 7, 8)),
                "\\ud83d\\ude00." to ("😀." to listOf(0, 6, 12, 13)),
                "\\n\\\\n" to ("\n\\n" to listOf(0, 2, 4, 5)),
                "C:\\users\\x" to ("C:\\users\\x" to (0..10).toList()),
                "\\" to ("\\" to listOf(0, 1)),
                "\\u00" to ("\\u00" to listOf(0, 1, 2, 3, 4)),
                "\\u+123" to ("\\u+123" to (0..6).toList()),
            )
        for ((text, expected) in cases) {
            val (plain, offsets) = expected
            assertEquals(plain, unescape(text).text)
            assertEquals(offsets, unescape(text).offsets.toList(), text)
        }
    }
}
