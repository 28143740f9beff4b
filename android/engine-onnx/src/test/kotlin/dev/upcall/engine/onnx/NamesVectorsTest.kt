package dev.upcall.engine.onnx

import dev.upcall.core.redaction.codePointOffset
import dev.upcall.core.redaction.names.Names
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.TestFactory
import java.nio.file.Files
import kotlin.test.assertEquals
import kotlin.test.assertNotEquals
import kotlin.test.assertTrue

/** proto/vectors/names.json against the name finder on the real model. */
class NamesVectorsTest {
    private data class Found(val start: Int, val end: Int, val type: String)

    private val file = checkout.resolve("proto/vectors/names.json")
    private val suite = Json.parseToJsonElement(Files.readString(file)).jsonObject
    private val finder by lazy { Names(rampart()) }

    @TestFactory
    fun detect(): List<DynamicTest> = cases("detect") { case ->
        val found = found(case.text("text"))
        val expected = case.spans("expect")
        if (!case.getValue("knife_edge").jsonPrimitive.boolean) assertEquals(expected, found)
        for (wanted in expected) assertTrue(found.any { it.start < wanted.end && wanted.start < it.end })
    }

    @TestFactory
    fun `known misses`(): List<DynamicTest> = cases("known_misses") { case ->
        assertNotEquals(case.spans("ideal"), found(case.text("text")))
    }

    private fun cases(list: String, check: (JsonObject) -> Unit): List<DynamicTest> {
        val cases = suite.getValue(list).jsonArray.map { it.jsonObject }
        assertTrue(cases.isNotEmpty())
        return cases.map { case -> dynamicTest("$list: ${case.text("name")}") { check(case) } }
    }

    private fun found(given: String): List<Found> {
        val text = PLACEHOLDER.replace(given) { "\u0000".repeat(it.value.length) }
        return finder.spans(text).map {
            Found(text.codePointOffset(it.start), text.codePointOffset(it.end), it.entityType.name)
        }
    }

    private fun JsonObject.text(key: String) = getValue(key).jsonPrimitive.content

    private fun JsonObject.spans(key: String) = getValue(key).jsonArray.map { it.jsonObject }.map { span ->
        val (start, end) = listOf("start", "end").map { span.getValue(it).jsonPrimitive.int }
        Found(start, end, span.text("entity_type"))
    }

    private companion object {
        /** As the suite writes them. */
        val PLACEHOLDER = Regex("""\[\[[A-Z_]+_[0-9]+_[0-9a-z]{2}]]""")
    }
}
