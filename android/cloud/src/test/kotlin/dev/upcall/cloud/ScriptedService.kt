package dev.upcall.cloud

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.util.concurrent.TimeUnit
import kotlin.test.assertTrue

/** What the engine of a [ScriptedService] did so far. */
data class Counts(val started: Int, val finished: Int, val aborted: Int, val tokens: Int)

/** The real service in a process of its own, with an engine that follows a script (tests/e2e/scripted_service.py). */
class ScriptedService(script: String = "{}") : AutoCloseable {
    private val process =
        ProcessBuilder(python(), "-m", "tests.e2e.scripted_service", script)
            .directory(root.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .apply { environment()["GRPC_VERBOSITY"] = "NONE" } // refused handshakes are meant
            .start()
    private val output = process.inputReader()
    val port: Int = output.readLine().substringAfter("ready on ").substringBefore(",").substringAfterLast(":").toInt()
    val target: String = "127.0.0.1:$port"

    fun counts(): Counts {
        process.outputWriter().apply { newLine() }.flush()
        val line = generateSequence { output.readLine() }.first { it.startsWith("{") }
        val counts = Json.parseToJsonElement(line).jsonObject.mapValues { it.value.jsonPrimitive.int }
        return counts.run {
            Counts(getValue("started"), getValue("finished"), getValue("aborted"), getValue("tokens"))
        }
    }

    fun waitUntil(condition: (Counts) -> Boolean) {
        val end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10)
        while (!condition(counts())) {
            assertTrue(System.nanoTime() < end, "it did not happen in time: ${counts()}")
            Thread.sleep(20)
        }
    }

    /** As an out-of-memory killer would, without farewell. */
    fun kill() {
        process.destroyForcibly().waitFor()
    }

    /** As an operator would. */
    fun terminate() {
        process.destroy()
    }

    override fun close() {
        process.outputWriter().close()
        if (!process.waitFor(5, TimeUnit.SECONDS)) kill()
    }
}

private fun python(): String = System.getenv("UPCALL_PYTHON") ?: root.resolve(".venv/bin/python").toString()
