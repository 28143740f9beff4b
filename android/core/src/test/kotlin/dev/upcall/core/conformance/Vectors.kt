package dev.upcall.core.conformance

import dev.upcall.core.UpcallError
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.DynamicTest
import java.nio.file.Files
import java.nio.file.Path
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

/** The folder `proto` of the checkout that the tests run in. */
val proto: Path =
    generateSequence(Path.of("").toAbsolutePath()) { it.parent }
        .map { it.resolve("proto") }
        .first { Files.isDirectory(it.resolve("vectors")) }

/** A whole suite of proto/vectors. */
fun suite(name: String): JsonObject =
    Json.parseToJsonElement(Files.readString(proto.resolve("vectors/$name.json"))).jsonObject

/** One test for each case of a list, named as the case is; a suite or a list that holds none fails. */
fun JsonObject.cases(list: String, check: (JsonObject) -> Unit): List<DynamicTest> {
    val cases = getValue(list).jsonArray.map { it.jsonObject }
    check(cases.isNotEmpty()) { "The list $list is empty." }
    return cases.mapIndexed { index, case ->
        DynamicTest.dynamicTest("$list: ${case.text("name") ?: index}") { check(case) }
    }
}

/** The block ends in the error of this name, and in no other. */
fun refused(error: String, block: () -> Unit) {
    assertEquals(error, assertFailsWith<UpcallError> { block() }.name)
}

fun JsonObject.given(key: String): JsonElement? = get(key)?.takeIf { it !is JsonNull }

fun JsonObject.text(key: String): String? = given(key)?.jsonPrimitive?.content

fun JsonObject.flag(key: String): Boolean? = given(key)?.jsonPrimitive?.boolean

fun JsonObject.number(key: String): Double? = given(key)?.jsonPrimitive?.content?.toDouble()

fun JsonObject.list(key: String): JsonArray = getValue(key).jsonArray

fun JsonArray.texts(): List<String> = map { it.jsonPrimitive.content }

fun JsonArray.ints(): IntArray = map { it.jsonPrimitive.content.toInt() }.toIntArray()

fun JsonArray.floats(): FloatArray = map { it.jsonPrimitive.content.toFloat() }.toFloatArray()

fun JsonArray.doubles(): DoubleArray = map { it.jsonPrimitive.content.toDouble() }.toDoubleArray()
