package dev.upcall.app.testing

import java.io.File
import java.util.concurrent.TimeUnit

/**
 * The real cloud service in a process of its own, with an engine that follows a script: tests/e2e/scripted_service.py.
 *
 * @param script as that file describes it.
 */
class ScriptedService(script: String = "{}") : AutoCloseable {
    private val process =
        ProcessBuilder(python().toString(), "-m", "tests.e2e.scripted_service", script)
            .directory(checkout.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .apply {
                environment()["GRPC_VERBOSITY"] = "NONE" // refused handshakes are meant
                environment()["PYTHONPATH"] = pythonPath()
            }.start()
    private val output = process.inputStream.bufferedReader()
    private val port =
        output
            .readLine()
            .substringAfter(
                "ready on ",
            ).substringBefore(",")
            .substringAfterLast(":")
            .toInt()

    /** `HOST:PORT`. */
    val target: String = "127.0.0.1:$port"

    /** As an out-of-memory killer would, without farewell. */
    fun kill() {
        process.destroyForcibly().waitFor()
    }

    override fun close() {
        process.outputStream.close()
        if (!process.waitFor(5, TimeUnit.SECONDS)) kill()
    }
}

/** Where Python finds this checkout's packages. */
fun pythonPath(): String {
    val rooms = listOf(".", "proto/python", "edge_runtime", "routing", "export", "cloud_service")
    val paths: List<String> = listOfNotNull(System.getenv("PYTHONPATH")) + rooms.map { "${checkout.resolve(it)}" }
    return paths.joinToString(File.pathSeparator)
}
