package dev.upcall.cloud.testing

import dev.upcall.core.Message
import dev.upcall.core.Role
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit

private const val PATIENCE_S = 10L

/** What the engine of a [ScriptedService] did so far. */
public data class Counts(
    public val started: Int,
    public val finished: Int,
    public val aborted: Int,
    public val tokens: Int,
)

/**
 * The real service in a process of its own, with an engine that follows a script (tests/e2e/scripted_service.py).
 *
 * It ends with [close], and with this process.
 *
 * @param script JSON.
 */
public class ScriptedService(script: String = "{}") : AutoCloseable {
    private val process =
        ProcessBuilder(scriptedPython(), "-m", "tests.e2e.scripted_service", script)
            .directory(checkout.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .apply { environment()["GRPC_VERBOSITY"] = "NONE" } // refused handshakes are meant
            .start()
    private val output = process.inputReader()

    /** Where it listens, on loopback. */
    public val port: Int =
        checkNotNull(output.readLine()) { "the service did not start" }
            .substringAfter("ready on ")
            .substringBefore(",")
            .substringAfterLast(":")
            .toInt()

    /** `HOST:PORT`. */
    public val target: String = "127.0.0.1:$port"

    /** What the engine did so far. */
    public fun counts(): Counts {
        val counts = report("").jsonObject.mapValues { it.value.jsonPrimitive.int }
        return counts.run {
            Counts(getValue("started"), getValue("finished"), getValue("aborted"), getValue("tokens"))
        }
    }

    /** The messages of every request that reached the engine, in order: exactly what arrived. */
    public fun received(): List<List<Message>> = report("received").jsonArray.map { request ->
        request.jsonArray.map { message ->
            val (role, content) = message.jsonArray.map { it.jsonPrimitive.content }
            Message(Role.entries.first { it.value == role }, content)
        }
    }

    /** Waits until the engine has got so far; fails after 10 s. */
    public fun waitUntil(condition: (Counts) -> Boolean) {
        val end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S)
        while (!condition(counts())) {
            check(System.nanoTime() < end) { "it did not happen in time: ${counts()}" }
            Thread.sleep(20)
        }
    }

    /** As an out-of-memory killer would, without farewell. */
    public fun kill() {
        process.destroyForcibly().waitFor()
    }

    /** As an operator would. */
    public fun terminate() {
        process.destroy()
    }

    override fun close() {
        process.outputWriter().close()
        if (!process.waitFor(PATIENCE_S / 2, TimeUnit.SECONDS)) kill()
    }

    /** What it says to a line on its standard input. */
    private fun report(line: String): JsonElement = synchronized(process) {
        process.outputWriter().apply { appendLine(line) }.flush()
        Json.parseToJsonElement(
            generateSequence { output.readLine() }.first { it.startsWith("{") || it.startsWith("[") },
        )
    }
}

/** The checkout that the tests run in. */
public val checkout: Path =
    generateSequence(Path.of("").toAbsolutePath()) { it.parent }
        .first { Files.isDirectory(it.resolve("proto/vectors")) }

/** The Python of this checkout, or of UPCALL_PYTHON. */
public fun scriptedPython(): String = System.getenv("UPCALL_PYTHON") ?: checkout.resolve(".venv/bin/python").toString()
