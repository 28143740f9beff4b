package dev.upcall.app.models

import dev.upcall.core.MODEL_ONNX
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import java.nio.file.Files
import kotlin.time.Duration.Companion.seconds

@RunWith(RobolectricTestRunner::class)
class DownloadsTest : Downloading() {
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
