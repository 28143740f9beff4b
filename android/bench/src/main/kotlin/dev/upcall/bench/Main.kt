package dev.upcall.bench

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.put

/** What is asked, request by request. */
internal fun interface Subject {
    /** The answer to one request. */
    fun answer(request: JsonObject): JsonObject
}

/**
 * The Kotlin side of `python -m benchmarks.kotlin` and of `python -m benchmarks.kotlin_parity`: lines of JSON both ways, as
 * `benchmarks/worker.py` has them.
 *
 * First the settings in and `load_s` out, then a request in and its answer out, until the input ends. A failure comes out as
 * `error`.
 *
 * @param arguments `parity` gives what must equal Python's; without it, the figures of a run are given.
 */
public fun main(arguments: Array<String>) {
    val lines = generateSequence(::readlnOrNull).map { Json.parseToJsonElement(it).jsonObject }.iterator()
    try {
        val start = System.nanoTime()
        val settings = lines.next()
        val subject = if (arguments.contentEquals(arrayOf("parity"))) Parity.open(settings) else Runtime.open(settings)
        put(buildJsonObject { put("load_s", (System.nanoTime() - start) / 1e9) })
        for (request in lines) put(subject.answer(request))
    } catch (error: Exception) {
        // whatever it is, the parent says it
        put(buildJsonObject { put("error", "${error.javaClass.simpleName}: ${error.message}") })
    }
}

/** Writes a line in ASCII, since the terminal's encoding may hold no other. */
private fun put(answer: JsonElement) {
    val line = StringBuilder()
    for (unit in answer.toString()) {
        if (unit.code < 0x80) line.append(unit) else line.append("\\u").append(unit.code.toString(16).padStart(4, '0'))
    }
    println(line)
}
