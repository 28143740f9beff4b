package dev.upcall.engine.onnx

import org.junit.jupiter.api.Assumptions.assumeTrue
import java.io.File
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.CompletableFuture
import kotlin.io.path.isDirectory
import kotlin.io.path.isExecutable
import kotlin.test.assertEquals

/** The checkout that the tests run in. */
internal val checkout: Path =
    generateSequence(Path.of("").toAbsolutePath()) { it.parent }
        .first { it.resolve("proto/vectors").isDirectory() }

private val scripts = checkout.resolve("android/engine-onnx/src/test/python")

/**
 * What a script of src/test/python writes, run by the Python of this checkout or of UPCALL_PYTHON; PYTHONPATH comes
 * first.
 *
 * The test is left out where there is none.
 */
internal fun python(script: String, vararg arguments: String, input: String = ""): String {
    val given = System.getenv("UPCALL_PYTHON")?.let { Path.of(it) }
    val interpreter = given ?: checkout.resolve(".venv/bin/python")
    assumeTrue(interpreter.isExecutable(), "There is no $interpreter: `make install`, or set UPCALL_PYTHON.")
    val rooms = listOf(".", "proto/python", "edge_runtime", "routing", "export", "cloud_service")
    val path = listOfNotNull(System.getenv("PYTHONPATH")) + rooms.map { checkout.resolve(it).toString() }
    val process =
        ProcessBuilder(interpreter.toString(), scripts.resolve(script).toString(), *arguments)
            .apply { environment()["PYTHONPATH"] = path.joinToString(File.pathSeparator) }
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start()
    val found = CompletableFuture.supplyAsync { process.inputStream.reader().readText() }
    process.outputStream.writer().use { it.write(input) }
    val text = found.get()
    assertEquals(0, process.waitFor(), "$script failed")
    return text
}

/** A whole bundle of a model that says noise, made by Python in this run. */
internal val tinyFolder: Path by lazy {
    val folder = Files.createTempDirectory("upcall").resolve("tiny")
    Runtime.getRuntime().addShutdownHook(Thread { folder.parent.toFile().deleteRecursively() })
    python("write_tiny_bundle.py", folder.toString())
    folder
}

/** The bundle of the device model that `upcall export` writes; the test is left out where there is none. */
internal fun deviceBundle(): Path {
    val home = System.getenv("UPCALL_HOME") ?: "${System.getProperty("user.home")}/.cache/upcall"
    val bundle = Path.of(home, "bundles", "smollm2-135m-instruct-onnx_int4_g32")
    val commands = "upcall pull --device && upcall export smollm2-135m-instruct --to onnx"
    assumeTrue(bundle.isDirectory(), "There is no $bundle: $commands")
    return bundle
}
