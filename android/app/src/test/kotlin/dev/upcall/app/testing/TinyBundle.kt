package dev.upcall.app.testing

import org.junit.Assert.assertEquals
import org.junit.Assume.assumeTrue
import java.io.File
import java.nio.file.Files
import java.nio.file.Path
import kotlin.io.path.isDirectory
import kotlin.io.path.isExecutable

private const val SCRIPT = "android/engine-onnx/src/test/python/write_tiny_bundle.py"

/** The checkout that the tests run in. */
val checkout: Path =
    generateSequence(Path.of("").toAbsolutePath()) { it.parent }
        .first { it.resolve("proto/vectors").isDirectory() }

/** The Python of this checkout, or of UPCALL_PYTHON; the test is left out where there is none. */
fun python(): Path {
    val interpreter = System.getenv("UPCALL_PYTHON")?.let { Path.of(it) } ?: checkout.resolve(".venv/bin/python")
    assumeTrue("There is no $interpreter: `make setup`, or set UPCALL_PYTHON.", interpreter.isExecutable())
    return interpreter
}

/** A whole bundle for ONNX Runtime, of a model that says noise; made once, by Python. */
val tinyBundle: Path by lazy {
    val folder = Files.createTempDirectory("upcall").resolve("tiny")
    Runtime.getRuntime().addShutdownHook(Thread { folder.parent.toFile().deleteRecursively() })
    val process =
        ProcessBuilder(python().toString(), checkout.resolve(SCRIPT).toString(), folder.toString())
            .apply { environment()["PYTHONPATH"] = pythonPath() }
            .inheritIO()
            .start()
    assertEquals("$SCRIPT failed", 0, process.waitFor())
    folder.resolve("bundle")
}

/** Where Python finds this checkout's packages. */
private fun pythonPath(): String {
    val rooms = listOf(".", "proto/python", "edge_runtime", "routing", "export", "cloud_service")
    val paths: List<String> = listOfNotNull(System.getenv("PYTHONPATH")) + rooms.map { "${checkout.resolve(it)}" }
    return paths.joinToString(File.pathSeparator)
}
