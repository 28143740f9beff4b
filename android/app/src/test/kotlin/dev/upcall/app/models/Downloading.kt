package dev.upcall.app.models

import dev.upcall.app.testing.FileServer
import dev.upcall.app.testing.ScriptedCapacity
import dev.upcall.app.testing.ScriptedEngines
import dev.upcall.app.testing.writeScriptedBundle
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
import org.junit.Before
import org.junit.Rule
import org.junit.rules.TemporaryFolder
import java.nio.file.Files
import java.nio.file.Path
import kotlin.time.Duration.Companion.seconds

internal const val MODEL_BYTES = 300_000
internal const val MODEL_PATH = "/models/tiny/$MODEL_ONNX"

/** Downloads from a server of its own. */
abstract class Downloading {
    @get:Rule
    val temporary = TemporaryFolder()

    internal val server = FileServer()
    internal val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    internal val capacity = ScriptedCapacity()
    internal val root: Path by lazy { temporary.root.toPath().resolve("models") }
    internal val part: Path get() = root.resolve(".downloads/tiny/files/$MODEL_ONNX.part")
    internal val library by lazy { library() }

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

    internal fun library(engines: EngineOpener = ScriptedEngines()) = FolderModelLibrary(root, engines, capacity, scope)

    internal fun start(library: ModelLibrary = this.library) = library.startDownload("${server.address}/models/tiny")

    internal inline fun <reified T : DownloadState> await(library: ModelLibrary = this.library): T = runBlocking {
        withTimeout(20.seconds) { library.download.first { it is T } as T }
    }

    internal fun stopped(): UpcallError = checkNotNull(await<DownloadState.Stopped>().error)

    internal fun rangesOf(path: String) = server.requests.filter { it.path == path }.map { it.from }
}
