package dev.upcall.bench

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

/**
 * The Kotlin side of `python -m benchmarks.kotlin`: lines of JSON both ways, as `benchmarks/worker.py` has them.
 *
 * First the settings in and `load_s` out, then a request in and its figures out, until the input ends. A failure comes out as
 * `error`.
 */
public fun main() {
    val lines = generateSequence(::readlnOrNull).map { Json.parseToJsonElement(it).jsonObject }.iterator()
    try {
        val start = System.nanoTime()
        val runtime = Runtime.open(lines.next())
        put(mapOf("load_s" to (System.nanoTime() - start) / 1e9))
        for (request in lines) put(runtime.measure(request))
    } catch (error: Exception) { // whatever it is, the parent says it
        println(JsonObject(mapOf("error" to JsonPrimitive("${error.javaClass.simpleName}: ${error.message}"))))
    }
}

private fun put(figures: Map<String, Double>): Unit = println(JsonObject(figures.mapValues { JsonPrimitive(it.value) }))

/** The token ids of a request. */
internal fun JsonObject.tokens(): IntArray = (getValue("tokens") as JsonArray).map { it.jsonPrimitive.int }.toIntArray()
