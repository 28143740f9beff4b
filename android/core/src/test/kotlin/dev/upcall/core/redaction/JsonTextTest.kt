package dev.upcall.core.redaction

import dev.upcall.core.InputError
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertNull

class JsonTextTest {
    private val detector = Detector()

    private fun masked(text: String, vault: Vault = Vault("k7")) = redact(text, detector, vault, isJson = true).masked

    private val pieces = PRIVATE_PIECES + JSON_PIECES

    private fun RandomTexts.value(depth: Int = 0): JsonElement = when (number(0, if (depth < 3) 8 else 6)) {
        0 -> JsonNull
        1 -> JsonPrimitive(number(0, 2) == 0)
        2 -> JsonPrimitive(one(listOf<Number>(0, -1, 1.5e300, 4111111111111111, 5555555555554444, Long.MIN_VALUE)))
        3, 4, 5 -> JsonPrimitive(text(pieces, most = 4))
        6 -> JsonArray(List(number(0, 4)) { value(depth + 1) })
        else -> JsonObject(List(number(0, 4)) { text(pieces, most = 2) to value(depth + 1) }.toMap())
    }

    /** JSON of a value in our own spelling: an escape only where JSON needs one. */
    private fun written(value: JsonElement): String = when (value) {
        is JsonObject -> value.entries.joinToString(",\n", "{", "}") { "\"${escape(it.key)}\": ${written(it.value)}" }
        is JsonArray -> value.joinToString(", ", "[", "]", transform = ::written)
        is JsonPrimitive -> if (value.isString) "\"${escape(value.content)}\"" else value.content
    }

    @Test
    fun `stays JSON and comes back to the last character`() = forRandomTexts(200) {
        val text = written(value())
        val vault = Vault("k7")
        val masked = masked(text, vault)
        Json.parseToJsonElement(masked)
        assertEquals(text, restore(masked, vault, isJson = true))
        assertEquals(text, JsonStreamRestorer(vault).restored(chunks(masked)))
    }

    @Test
    fun `keys, numbers and escapes`() {
        val vault = Vault("k7")
        val text = """{"alice@example.com": [4111111111111111, -1.5e3, true], "q": "\"bob\u0040example.com\" \/ \t"}"""
        val masked = masked(text, vault)
        assertEquals(
            """{"[[EMAIL_1_k7]]": ["[[CREDIT_CARD_1_k7]]", -1.5e3, true], "q": "\"[[EMAIL_2_k7]]\" \/ \t"}""",
            masked,
        )
        assertEquals(text.replace("\\u0040", "@"), restore(masked, vault, isJson = true))
    }

    @Test
    fun `the key is context for its value`() {
        assertEquals("""{"password": "[[SECRET_1_k7]]"}""", masked("""{"password": "hunter22"}"""))
    }

    @Test
    fun `a number and a text of the same digits come back as they were`() {
        val vault = Vault("k7")
        val text = """["4111111111111111", 4111111111111111, "no 4111111111111111"]"""
        val masked = masked(text, vault)
        assertEquals("""["[[CREDIT_CARD_1_k7]]", "[[CREDIT_CARD_2_k7]]", "no [[CREDIT_CARD_1_k7]]"]""", masked)
        assertEquals(text, restore(masked, vault, isJson = true))
    }

    @Test
    fun `JSON in JSON`() {
        val vault = Vault("k7")
        val inner = """{"to": "alice@example.com", "n": "\u00e9"}"""
        val text = """{"arguments": "${escape(inner)}"}"""
        val masked = masked(text, vault)
        val arguments = Json.parseToJsonElement(masked).jsonObject.getValue("arguments").jsonPrimitive.content
        assertEquals(
            Json.parseToJsonElement("""{"to": "[[EMAIL_1_k7]]", "n": "é"}"""),
            Json.parseToJsonElement(arguments),
        )
        assertEquals(text, restore(masked, vault, isJson = true))
    }

    @Test
    fun `offsets are those of the JSON`() {
        val text = """{"q😀": "\ud83d\ude00\u0041 alice\u0040example.com"}"""
        val (span) = redact(text, detector, isJson = true).spans
        assertEquals("alice\\u0040example.com", text.substring(span.start, span.end))
    }

    @Test
    fun `what is no JSON is told without a word of it`() {
        val cases =
            mapOf(
                "" to "The text is not JSON at line 1, column 1.",
                "{\n  \"😀\": alice}" to "The text is not JSON at line 2, column 8.",
                "[\"alice" to "The text is not JSON at line 1, column 2.",
                "[1]\n\n x" to "The text is not JSON at line 3, column 2.",
                "[-Infinity]" to "The text is not JSON: NaN and Infinity are no JSON numbers.",
                "[".repeat(100_000) to "The JSON is nested too deeply.",
                "{\"a\":".repeat(257) + "1" + "}".repeat(257) to "The JSON is nested too deeply.",
            )
        for ((text, problem) in cases) {
            val error = assertFailsWith<InputError> { masked(text) }
            assertEquals(problem, error.problem)
            assertFalse("alice" in error.message.orEmpty())
            assertNull(error.cause)
        }
    }

    @Test
    fun `a number of any length stays`() {
        val text = "[${"1".repeat(10_000)}, 1e999999]"
        assertEquals(text, masked(text))
        assertContains(masked("\"${"x".repeat(10_000)} alice@example.com\""), "[[EMAIL_1_k7]]")
    }
}
