package dev.upcall.engine.onnx

import dev.upcall.core.BundleError
import dev.upcall.core.BundleFault
import dev.upcall.core.InputError
import dev.upcall.core.Message
import dev.upcall.core.RedactionError
import dev.upcall.core.Role
import dev.upcall.core.openBundle
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

class OpeningTest {
    private val messages = listOf(Message(Role.USER, "Where does the sun rise?"))

    @Test
    fun `a bundle answers`() {
        openModel(openBundle(tinyFolder.resolve("bundle")), threads = 1).use { model ->
            val first = model.answer(messages, maxOutputTokens = 5)
            first.finish()
            assertTrue(first.outputTokens in 1..5)
            val again = model.answer(messages, maxOutputTokens = 5)
            again.finish()
            assertEquals(first.tokens, again.tokens)
        }
    }

    @Test
    fun `a bundle for another engine is refused`(
        @TempDir folder: Path,
    ) {
        val given = tinyFolder.resolve("bundle")
        Files.copy(given.resolve("model.onnx"), folder.resolve("model.pte"))
        Files.copy(given.resolve("tokenizer.json"), folder.resolve("tokenizer.json"))
        val head = Regex("""\{[^{}]*"route_post.onnx"[^{}]*\},?""")
        val manifest = given.resolve("manifest.json").toFile().readText()
        folder
            .resolve(
                "manifest.json",
            ).toFile()
            .writeText(head.replace(manifest, "").replace("model.onnx", "model.pte"))
        val error = assertFailsWith<BundleError> { openModel(openBundle(folder)) }
        assertContains(error.problem, "holds no model.onnx")
        assertContains(error.nextStep, "--to onnx")
    }

    @Test
    fun `a bundle that asks for a newer runtime is refused before its graph is read`(
        @TempDir folder: Path,
    ) {
        val given = tinyFolder.resolve("bundle")
        for (file in given.toFile().listFiles()!!) Files.copy(file.toPath(), folder.resolve(file.name))
        val manifest = folder.resolve("manifest.json").toFile()
        val whole = manifest.readText()
        manifest.writeText(whole.replaceFirst("{", "{\"leastRuntimeVersions\": {\"onnxruntime\": \"99.0\"},"))
        val error = assertFailsWith<BundleError> { openModel(openBundle(folder)) }
        assertEquals(BundleFault.RUNTIME, error.fault)
        assertEquals("99.0 or later", error.allowed)
        manifest.writeText(whole.replaceFirst("{", "{\"leastRuntimeVersions\": {\"onnxruntime\": \"1.26.0\"},"))
        openModel(openBundle(folder), threads = 1).close()
    }

    @Test
    fun `no threads are refused`() {
        assertFailsWith<InputError> { openModel(openBundle(tinyFolder.resolve("bundle")), threads = 0) }
    }

    @Test
    fun `a name model that was not pulled or is another is refused`(
        @TempDir folder: Path,
    ) {
        for (bytes in listOf(null, byteArrayOf(1))) {
            for (file in NAME_MODEL) bytes?.let { Files.write(folder.resolve(file.path), it) }
            assertContains(assertFailsWith<RedactionError> { openNames(folder) }.nextStep, "pull rampart")
        }
    }
}
