package dev.upcall.app.models

import dev.upcall.app.testing.tinyBundle
import dev.upcall.app.testing.writeScriptedBundle
import dev.upcall.core.BundleError
import dev.upcall.core.BundleFault
import dev.upcall.core.EngineError
import dev.upcall.core.MODEL_ONNX
import dev.upcall.core.MODEL_PTE
import dev.upcall.core.asConversation
import dev.upcall.core.openBundle
import dev.upcall.core.readBundleManifest
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

@RunWith(RobolectricTestRunner::class)
class NativeEnginesTest {
    @get:Rule
    val temporary = TemporaryFolder()

    private fun chosen(vararg models: String, least: Map<String, String> = emptyMap()): EngineKind {
        val folder = temporary.newFolder().toPath()
        writeScriptedBundle(folder, models = models.asList(), leastRuntimes = least)
        return NativeEngines.choose(readBundleManifest(folder))
    }

    @Test
    fun `what a bundle holds chooses the engine`() {
        assertEquals(EngineKind.ONNX, chosen(MODEL_ONNX))
        assertEquals(EngineKind.EXECUTORCH, chosen(MODEL_PTE))
        assertEquals(EngineKind.ONNX, chosen(MODEL_PTE, MODEL_ONNX))
    }

    @Test
    fun `a bundle for a newer engine says which it needs`() {
        val error =
            assertThrows(BundleError::class.java) { chosen(MODEL_ONNX, least = mapOf("onnxruntime" to "99.1")) }
        assertEquals(BundleFault.RUNTIME, error.fault)
        assertTrue(error.problem, "needs onnxruntime 99.1 or later, and this app has 1." in error.problem)
        assertThrows(BundleError::class.java) { chosen(MODEL_PTE, least = mapOf("executorch" to "99")) }
        assertEquals(EngineKind.EXECUTORCH, chosen(MODEL_ONNX, MODEL_PTE, least = mapOf("onnxruntime" to "99.1")))
    }

    @Test
    fun `a real bundle answers with the real engine`(): Unit = runBlocking {
        val bundle = openBundle(tinyBundle)
        withContext(Dispatchers.IO) {
            NativeEngines.openModel(bundle).use { model ->
                val answer = model.answer(asConversation("Where does the sun rise?"), maxOutputTokens = 5)
                answer.finish()
                assertTrue(answer.outputTokens in 1..5)
            }
        }
    }

    @Test
    fun `a model that is none is an error`(): Unit = runBlocking {
        val folder = temporary.newFolder().toPath()
        writeScriptedBundle(folder)
        withContext(Dispatchers.IO) {
            assertThrows(EngineError::class.java) { NativeEngines.open(openBundle(folder)) }
        }
    }

    @Test
    fun `a model is never loaded by the main thread`() {
        val folder = temporary.newFolder().toPath()
        writeScriptedBundle(folder)
        assertThrows(IllegalStateException::class.java) { NativeEngines.open(openBundle(folder)) }
    }
}
