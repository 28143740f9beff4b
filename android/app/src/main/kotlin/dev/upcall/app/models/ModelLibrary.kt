package dev.upcall.app.models

import dev.upcall.core.Bundle
import dev.upcall.core.UpcallError
import kotlinx.coroutines.flow.StateFlow
import java.nio.file.Path

/**
 * The models on this device: bundles, and the model that finds names.
 *
 * May be used from any thread; files are worked on off the main thread. One download runs at a time. It goes on when its screen is
 * left, and what it has fetched outlives the process.
 */
interface ModelLibrary {
    /** All bundles, by name. Empty until the first [refresh]. */
    val models: StateFlow<List<InstalledModel>>

    /** The model that finds names. */
    val nameModel: StateFlow<NameModel>

    /** The download that runs, or that can be taken up again. */
    val download: StateFlow<DownloadState>

    /** Looks at the folder again, and so takes in what was pushed to it. */
    suspend fun refresh()

    /**
     * Fetches a bundle.
     *
     * @param url of its folder, the one that holds `manifest.json`: https, or http on loopback.
     */
    fun startDownload(url: String)

    /** Fetches the model that finds names from the folder that holds its files; as [startDownload]. */
    fun startNameModelDownload(url: String)

    /** Stops the download and keeps what it has fetched. */
    fun pauseDownload()

    /** Takes up a download that was paused, broke, or was cut off with the process. */
    fun resumeDownload()

    /** Stops the download and deletes what it has fetched. */
    fun discardDownload()

    /**
     * Hashes every file of a bundle. What is found out stands in [models], too.
     *
     * @throws UpcallError it is damaged, or no engine of this app runs it.
     */
    suspend fun verify(name: String): Bundle

    /**
     * Deletes a bundle. Whoever has it open must let go of it before: see `AnswerService.release`.
     *
     * @throws dev.upcall.core.OutputError it cannot be deleted.
     */
    suspend fun delete(name: String)

    /** Deletes the model that finds names. */
    suspend fun deleteNameModel()

    /** Folder of the model that finds names, whether or not it is there. */
    val nameModelFolder: Path
}

/** How far a download is. */
sealed interface DownloadState {
    /** Nothing is being fetched. */
    data object None : DownloadState

    /** Who answers is being asked what there is. */
    data class Starting(val name: String) : DownloadState

    /**
     * Files are coming in.
     *
     * @property name of the model.
     * @property file that is being fetched.
     * @property receivedBytes of all files.
     * @property totalBytes of all files.
     */
    data class Running(val name: String, val file: String, val receivedBytes: Long, val totalBytes: Long) :
        DownloadState

    /** All is there and is being hashed. */
    data class Checking(val name: String) : DownloadState

    /**
     * It stands still and can be taken up again.
     *
     * @property name of the model.
     * @property receivedBytes that are kept.
     * @property error why it stands still; null where the user paused it or the process ended.
     */
    data class Stopped(val name: String, val receivedBytes: Long, val error: UpcallError? = null) : DownloadState

    /** It could not begin: nothing was kept. */
    data class Refused(val error: UpcallError) : DownloadState

    /** It is installed. */
    data class Finished(val name: String) : DownloadState
}
