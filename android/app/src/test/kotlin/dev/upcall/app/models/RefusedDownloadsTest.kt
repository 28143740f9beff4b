package dev.upcall.app.models

import dev.upcall.app.testing.ScriptedEngines
import dev.upcall.core.BundleError
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import java.nio.file.Files
import java.nio.file.Path

@RunWith(RobolectricTestRunner::class)
class RefusedDownloadsTest : Downloading() {
    @Test
    fun `bytes that are not those of the list are dropped`() {
        val right = server.files.getValue(MODEL_PATH)
        server.files[MODEL_PATH] = right.copyOf().also { it[7] = 0 }
        start()
        assertTrue("damaged" in await<DownloadState.Refused>().error.problem)
        assertFalse(Files.exists(part))
        server.files[MODEL_PATH] = right
        start()
        await<DownloadState.Finished>()
    }

    @Test
    fun `a file of another size is not even read`() {
        server.files[MODEL_PATH] = ByteArray(MODEL_BYTES + 1)
        start()
        assertTrue("another size" in (await<DownloadState.Refused>().error.problem))
    }

    @Test
    fun `a full storage is said`() {
        Files.createDirectories(part.parent)
        Files.createSymbolicLink(part, Path.of("/dev/full")) // takes nothing, as a full storage does
        start()
        val error = await<DownloadState.Refused>().error
        assertEquals("output", error.name)
        assertTrue("free some storage" in error.nextStep)
        assertTrue(library.models.value.isEmpty())
    }

    @Test
    fun `room is asked for before anything is fetched`() {
        capacity.freeBytes = 1_000_000
        start()
        assertEquals("output", await<DownloadState.Refused>().error.name)
        library.discardDownload()
        await<DownloadState.None>()
        capacity.freeBytes = 1L shl 40
        capacity.memoryBytes = 500_000
        start()
        assertTrue("memory" in await<DownloadState.Refused>().error.problem)
        assertTrue(rangesOf(MODEL_PATH).isEmpty())
    }

    @Test
    fun `a bundle that no engine runs is refused before it is fetched`() {
        val library = library(ScriptedEngines(refused = BundleError("It needs ONNX Runtime 9.")))
        start(library)
        assertEquals("It needs ONNX Runtime 9.", await<DownloadState.Refused>(library).error.problem)
        assertTrue(rangesOf(MODEL_PATH).isEmpty())
    }

    @Test
    fun `what the server says is told`() {
        val told = mapOf(404 to "has no manifest.json", 403 to "to everybody", 503 to "cannot give manifest.json now")
        for ((status, words) in told) {
            server.statuses["/models/tiny/manifest.json"] = status
            start()
            assertTrue(words in await<DownloadState.Refused>().error.problem)
            library.discardDownload()
            await<DownloadState.None>()
        }
        server.files["/models/tiny/manifest.json"] = "{}".encodeToByteArray()
        server.statuses.clear()
        start()
        assertEquals("bundle", await<DownloadState.Refused>().error.name)
    }

    @Test
    fun `redirections are followed on loopback, and neither beyond it nor for ever`() {
        server.redirections[MODEL_PATH] = "/elsewhere/model"
        server.files["/elsewhere/model"] = server.files.getValue(MODEL_PATH)
        start()
        await<DownloadState.Finished>()
        runBlocking { library.delete("tiny") }
        for (location in listOf("http://example.com/model", "/models/tiny/manifest.json")) {
            server.redirections["/models/tiny/manifest.json"] = location
            start()
            assertTrue("redirects" in await<DownloadState.Refused>().error.problem)
            library.discardDownload()
            await<DownloadState.None>()
        }
    }
}
