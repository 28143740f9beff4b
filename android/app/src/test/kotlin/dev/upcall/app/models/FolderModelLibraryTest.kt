package dev.upcall.app.models

import dev.upcall.app.testing.FileServer
import dev.upcall.app.testing.ScriptedCapacity
import dev.upcall.app.testing.ScriptedEngines
import dev.upcall.app.testing.writeScriptedBundle
import dev.upcall.core.BundleError
import dev.upcall.core.BundleFault
import dev.upcall.core.InputError
import dev.upcall.core.MANIFEST
import dev.upcall.core.MODEL_ONNX
import dev.upcall.core.ModelError
import dev.upcall.core.UpcallError
import dev.upcall.engine.onnx.NAME_MODEL
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import java.nio.file.Files
import java.nio.file.Path
import kotlin.time.Duration.Companion.seconds

@RunWith(RobolectricTestRunner::class)
class FolderModelLibraryTest {
    @get:Rule
    val temporary = TemporaryFolder()

    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val root: Path by lazy { temporary.root.toPath().resolve("models") }

    @After
    fun end(): Unit = scope.cancel()

    private fun library(engines: EngineOpener = ScriptedEngines()) =
        FolderModelLibrary(root, engines, ScriptedCapacity(), scope)

    private fun FolderModelLibrary.only(): InstalledModel = models.value.single()

    @Test
    fun `a folder that does not exist holds nothing`(): Unit = runBlocking {
        val library = library().apply { refresh() }
        assertTrue(library.models.value.isEmpty())
        assertEquals(NameModel.Absent, library.nameModel.value)
        assertEquals(DownloadState.None, library.download.value)
    }

    @Test
    fun `what was pushed is a model once its manifest is there`(): Unit = runBlocking {
        val library = library()
        Files.createDirectories(root.resolve("half"))
        Files.write(root.resolve("half/$MODEL_ONNX"), ByteArray(9))
        writeScriptedBundle(root.resolve("tiny"))
        library.refresh()
        val model = library.only()
        assertEquals("tiny", model.name)
        assertEquals("scripted", model.modelId)
        assertEquals("MIT", model.licence)
        assertEquals(EngineKind.ONNX, model.engine)
        assertTrue(model.sizeBytes > 1000)
        assertTrue(model.isUsable)
        assertFalse(model.isVerified)
    }

    @Test
    fun `a model is verified until it is replaced`(): Unit = runBlocking {
        val library = library()
        writeScriptedBundle(root.resolve("tiny"))
        library.refresh()
        library.verify("tiny")
        assertTrue(library.only().isVerified)
        writeScriptedBundle(root.resolve("tiny"), modelBytes = 2000)
        library.refresh()
        assertFalse(library.only().isVerified)
    }

    @Test
    fun `a damaged model says what is wrong and is not usable`(): Unit = runBlocking {
        val library = library()
        writeScriptedBundle(root.resolve("tiny"))
        Files.write(root.resolve("tiny/$MODEL_ONNX"), ByteArray(1000))
        library.refresh()
        assertTrue("not known before it is hashed", library.only().isUsable)
        val error = assertThrows(BundleError::class.java) { runBlocking { library.verify("tiny") } }
        assertEquals(BundleFault.HASH, error.fault)
        assertEquals(error, library.only().fault)
        Files.write(root.resolve("tiny/$MANIFEST"), "no manifest".encodeToByteArray())
        library.refresh()
        assertEquals("bundle", library.only().fault?.name)
        assertNull(library.only().engine)
    }

    @Test
    fun `a model that no engine runs says why`(): Unit = runBlocking {
        val library = library(ScriptedEngines(refused = BundleError("It needs ONNX Runtime 9.", BundleFault.VERSION)))
        writeScriptedBundle(root.resolve("tiny"))
        library.refresh()
        assertFalse(library.only().isUsable)
        assertEquals("It needs ONNX Runtime 9.", library.only().fault?.problem)
        assertThrows(UpcallError::class.java) { runBlocking { library.verify("tiny") } }
    }

    @Test
    fun `a deleted model is gone`(): Unit = runBlocking {
        val library = library()
        writeScriptedBundle(root.resolve("tiny"))
        library.refresh()
        library.delete("tiny")
        assertTrue(library.models.value.isEmpty())
        assertFalse(Files.exists(root.resolve("tiny")))
        assertThrows(ModelError::class.java) { runBlocking { library.delete("tiny") } }
        for (name in listOf("../tiny", ".downloads", "")) {
            assertThrows(InputError::class.java) { runBlocking { library.delete(name) } }
        }
    }

    @Test
    fun `the model that finds names is there when its files are`(): Unit = runBlocking {
        val library = library()
        val folder = Files.createDirectories(library.nameModelFolder)
        for (file in NAME_MODEL) Files.write(folder.resolve(file.path), ByteArray(file.sizeBytes.toInt()))
        library.refresh()
        assertEquals(NameModel.Installed, library.nameModel.value)
        assertTrue("it is no model that answers", library.models.value.isEmpty())
        Files.delete(folder.resolve(NAME_MODEL.first().path))
        library.refresh()
        assertTrue(library.nameModel.value is NameModel.Damaged)
        library.deleteNameModel()
        assertEquals(NameModel.Absent, library.nameModel.value)
    }

    @Test
    fun `another model than the published one is not taken for the one that finds names`(): Unit = runBlocking {
        val library = library()
        FileServer().use { server ->
            for (file in NAME_MODEL) server.files["/rampart/${file.path}"] = ByteArray(file.sizeBytes.toInt())
            library.startNameModelDownload("${server.address}/rampart")
            val stopped = withTimeout(20.seconds) { library.download.first { it is DownloadState.Refused } }
            assertTrue("damaged" in (stopped as DownloadState.Refused).error.problem)
            assertEquals(NameModel.Absent, library.nameModel.value)
        }
    }

    @Test
    fun `files are not worked on by the main thread`() {
        writeScriptedBundle(root.resolve("tiny"))
        val onMain = FolderModelLibrary(root, ScriptedEngines(), ScriptedCapacity(), scope, Dispatchers.Unconfined)
        assertThrows(IllegalStateException::class.java) { runBlocking { onMain.refresh() } }
    }
}
