package dev.upcall.app.models

import dev.upcall.core.InputError
import dev.upcall.core.MANIFEST
import dev.upcall.core.UpcallError
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext
import java.io.IOException
import java.nio.file.Files
import java.nio.file.Path

private const val GROWING = ".downloads"

/**
 * The one download at a time, and what is left of it when it stands still.
 *
 * Each command waits for the one before it: they come from buttons that are pressed faster than a connection ends.
 *
 * @param look is called when something was installed.
 */
internal class Downloads(
    private val root: Path,
    private val engines: EngineOpener,
    private val capacity: Capacity,
    private val scope: CoroutineScope,
    private val dispatcher: CoroutineDispatcher,
    private val look: suspend () -> Unit,
) {
    private val shown = MutableStateFlow<DownloadState>(DownloadState.None)
    private val commands = Mutex()
    private var current: ModelDownload? = null
    private var job: Job? = null

    val state: StateFlow<DownloadState> = shown.asStateFlow()

    fun start(kind: DownloadKind, url: String): Unit = command {
        if (isBusy()) return@command
        try {
            val address = DownloadAddress.of(url)
            val name = if (kind == DownloadKind.NAME_MODEL) NAME_MODEL_FOLDER else bundleName(address)
            current?.let { if (it.name != name) throw unfinished(it) }
            run(ModelDownload(root.resolve(GROWING).resolve(name), kind, address).apply { begin() })
        } catch (error: UpcallError) {
            shown.value = DownloadState.Refused(error)
        }
    }

    fun resume(): Unit = command { if (!isBusy()) current?.let(::run) }

    fun pause(): Unit = command { job?.cancelAndJoin() }

    fun discard(): Unit = command {
        job?.cancelAndJoin()
        val kept = current
        if (kept != null && shown.value is DownloadState.Refused) {
            // what was refused was another one
            shown.value = DownloadState.Stopped(kept.name, kept.receivedBytes())
            return@command
        }
        try {
            current?.let { writing { it.discard() } }
            current = null
            shown.value = DownloadState.None
        } catch (error: UpcallError) {
            shown.value = DownloadState.Refused(error)
        }
    }

    /** Shows what an earlier process left, so that it can be taken up or discarded. */
    suspend fun takeUpLeft(): Unit = commands.withLock {
        if (current != null || shown.value !is DownloadState.None) return
        val left = foldersIn(root.resolve(GROWING)).firstNotNullOfOrNull(ModelDownload::leftIn) ?: return
        current = left
        shown.value = DownloadState.Stopped(left.name, left.receivedBytes())
    }

    private fun bundleName(address: DownloadAddress): String {
        val name = address.name
        if (!isModelName(name) || name == NAME_MODEL_FOLDER) {
            throw InputError(
                "The address does not end in the name of a model.",
                allowed = "letters, digits, . _ and -",
                nextStep = "take the address of the folder that holds $MANIFEST",
            )
        }
        if (Files.exists(root.resolve(name))) {
            throw InputError("There is a model $name already.", nextStep = "delete it first to replace it")
        }
        return name
    }

    private fun run(download: ModelDownload) {
        current = download
        shown.value = DownloadState.Starting(download.name)
        job =
            scope.launch(dispatcher) {
                try {
                    download.run(engines, capacity) { shown.value = it }
                    withContext(NonCancellable) { installed(download) }
                } catch (paused: CancellationException) {
                    shown.value = DownloadState.Stopped(download.name, download.receivedBytes())
                    throw paused
                } catch (error: UpcallError) {
                    failed(download, error)
                } catch (error: IOException) {
                    failed(download, storageFailed(error))
                }
            }
    }

    private suspend fun installed(download: ModelDownload) {
        download.install(root.resolve(download.name))
        current = null
        look()
        shown.value = DownloadState.Finished(download.name)
    }

    private fun failed(download: ModelDownload, error: UpcallError) {
        val received = download.receivedBytes()
        if (received > 0) {
            shown.value = DownloadState.Stopped(download.name, received, error)
        } else {
            download.discard()
            current = null
            shown.value = DownloadState.Refused(error)
        }
    }

    /** Whether a download runs. One that has just come to its end is waited for. */
    private suspend fun isBusy(): Boolean = when (shown.value) {
        is DownloadState.Starting, is DownloadState.Running, is DownloadState.Checking -> true
        else -> {
            job?.join()
            false
        }
    }

    private fun command(work: suspend () -> Unit) {
        scope.launch(dispatcher) { commands.withLock { work() } }
    }
}

private fun unfinished(download: ModelDownload) = InputError(
    "The download of ${download.name} is not finished.",
    nextStep = "take it up again or discard it first",
)
