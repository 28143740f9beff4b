package dev.upcall.app.models

import dev.upcall.app.testing.FileServer
import dev.upcall.app.testing.ScriptedCapacity
import dev.upcall.app.testing.ScriptedEngines
import dev.upcall.app.testing.writeScriptedBundle
import dev.upcall.core.BundleError
import dev.upcall.core.MODEL_ONNX
import dev.upcall.core.UpcallError
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
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import java.nio.file.Files
import java.nio.file.Path
import kotlin.time.Duration.Companion.seconds

private const val MODEL_BYTES = 300_000
private const val MODEL_PATH = "/models/tiny/$MODEL_ONNX"

@RunWith(RobolectricTestRunner::class)
class DownloadsTest {
    @get:Rule
    val temporary = TemporaryFolder()

    private val server = FileServer()
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val capacity = ScriptedCapacity()
    private val root: Path by lazy { temporary.root.toPath().resolve("models") }
    private val part: Path get() = root.resolve(".downloads/tiny/files/$MODEL_ONNX.part")
    private val library by lazy { library() }

    @Before
    fun publish() {
        val folder = writeScriptedBundle(temporary.root.toPath().resolve("published"), MODEL_BYTES)
        for (file in Files.list(folder)) server.files["/models/tiny/${file.fileName}"] = Files.readAllBytes(file)
    }

    @After
    fun end() {
        server.close()
        scope.cancel()
    }

    private fun library(engines: EngineOpener = ScriptedEngines()) = FolderModelLibrary(root, engines, capacity, scope)

    private fun start(library: ModelLibrary = this.library) = library.startDownload("${server.address}/models/tiny")

    private inline fun <reified T : DownloadState> await(library: ModelLibrary = this.library): T = runBlocking {
        withTimeout(20.seconds) { library.download.first { it is T } as T }
    }

    private fun stopped(): UpcallError = checkNotNull(await<DownloadState.Stopped>().error)

    private fun rangesOf(path: String) = server.requests.filter { it.path == path }.map { it.from }

    @Test
    fun `a bundle comes in, is verified and is there`() {
        start()
        await<DownloadState.Finished>()
        assertEquals(listOf("tiny"), library.models.value.map { it.name })
        assertEquals(MODEL_BYTES.toLong(), Files.size(root.resolve("tiny/$MODEL_ONNX")))
        runBlocking { library.verify("tiny") }
        assertFalse("nothing is left", Files.exists(root.resolve(".downloads/tiny")))
    }

    @Test
    fun `what broke off goes on where it ended`() {
        server.cutsAfterBytes = 100_000
        start()
        assertTrue(Regex("The connection (to 127.0.0.1 )?broke.").matches(stopped().problem))
        val kept = Files.size(part)
        assertTrue("$kept", kept in 1..100_000)
        server.cutsAfterBytes = null
        library.resumeDownload()
        await<DownloadState.Finished>()
        assertEquals(listOf(null, kept), rangesOf(MODEL_PATH))
    }

    @Test
    fun `a server that ignores ranges sends the file anew`() {
        server.cutsAfterBytes = 100_000
        start()
        stopped()
        server.cutsAfterBytes = null
        server.ignoresRanges = true
        library.resumeDownload()
        await<DownloadState.Finished>()
        assertEquals(MODEL_BYTES.toLong(), Files.size(root.resolve("tiny/$MODEL_ONNX")))
    }

    @Test
    fun `a pause keeps what came, and the network is left at once`() {
        server.stallsAfterBytes = 50_000
        start()
        runBlocking {
            withTimeout(20.seconds) {
                library.download.first { it is DownloadState.Running && it.file == MODEL_ONNX && it.receivedBytes > 0 }
            }
        }
        library.pauseDownload()
        server.release() // the JVM, unlike Android, ends a connection only between two reads
        val paused = await<DownloadState.Stopped>()
        assertNull(paused.error)
        assertTrue(paused.receivedBytes > 0)
        server.stallsAfterBytes = null
        library.resumeDownload()
        await<DownloadState.Finished>()
    }

    @Test
    fun `a new process finds the download of the one before`() {
        server.cutsAfterBytes = 100_000
        start()
        stopped()
        server.cutsAfterBytes = null
        val next = library()
        runBlocking { next.refresh() }
        val left = await<DownloadState.Stopped>(next)
        assertNull(left.error)
        assertTrue(left.receivedBytes > 0)
        next.resumeDownload()
        await<DownloadState.Finished>(next)
        assertEquals(2, rangesOf(MODEL_PATH).size)
    }

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

    @Test
    fun `without a network it says so and can be taken up`() {
        server.cutsAfterBytes = 100_000
        start()
        stopped()
        server.close()
        val before = await<DownloadState.Stopped>()
        library.resumeDownload()
        val after =
            runBlocking {
                withTimeout(20.seconds) { library.download.first { it is DownloadState.Stopped && it !== before } }
            }
        after as DownloadState.Stopped
        assertTrue("network" in after.error!!.nextStep)
        assertEquals(before.receivedBytes, after.receivedBytes)
    }

    @Test
    fun `one that is there already, or is not finished, is not begun again`() {
        start()
        await<DownloadState.Finished>()
        start()
        assertTrue("already" in await<DownloadState.Refused>().error.problem)
        library.discardDownload()
        await<DownloadState.None>()
        runBlocking { library.delete("tiny") }
        server.cutsAfterBytes = 1000
        start()
        stopped()
        library.startDownload("${server.address}/models/other")
        assertTrue("tiny is not finished" in await<DownloadState.Refused>().error.problem)
        library.discardDownload() // closes the message, and not the download
        assertEquals("tiny", await<DownloadState.Stopped>().name)
        library.discardDownload()
        await<DownloadState.None>()
        assertFalse(Files.exists(root.resolve(".downloads/tiny")))
    }
}
