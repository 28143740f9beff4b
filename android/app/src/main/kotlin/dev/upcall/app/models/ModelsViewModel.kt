package dev.upcall.app.models

import androidx.lifecycle.ViewModel
import androidx.lifecycle.viewModelScope
import dev.upcall.app.answering.AnswerService
import dev.upcall.app.answering.ModelState
import dev.upcall.app.settings.SettingsStore
import dev.upcall.core.InputError
import dev.upcall.core.UpcallError
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.launch

private const val KEPT_MS = 5_000L

/**
 * What the screen shows.
 *
 * @property models all bundles.
 * @property active name of the one that answers; null where none can.
 * @property nameModel what there is of the model that finds names.
 * @property download the one that runs or can be taken up.
 * @property busy name of the model that is being verified or deleted.
 * @property error what went wrong last, until it is dismissed.
 */
data class ModelsState(
    val models: List<InstalledModel> = emptyList(),
    val active: String? = null,
    val nameModel: NameModel = NameModel.Absent,
    val download: DownloadState = DownloadState.None,
    val busy: String? = null,
    val error: UpcallError? = null,
)

private data class Work(val busy: String? = null, val error: UpcallError? = null)

/** Chooses, fetches, verifies and deletes models. Downloads go on when the screen is left. */
class ModelsViewModel(
    private val library: ModelLibrary,
    private val settings: SettingsStore,
    private val answers: AnswerService,
) : ViewModel() {
    private val work = MutableStateFlow(Work())

    val state: StateFlow<ModelsState> =
        combine(
            library.models,
            library.nameModel,
            library.download,
            settings.settings,
            work,
        ) { models, names, download, now, work ->
            ModelsState(models, activeOf(models, now.activeBundle), names, download, work.busy, work.error)
        }.stateIn(viewModelScope, SharingStarted.WhileSubscribed(KEPT_MS), ModelsState())

    init {
        refresh()
    }

    /** Looks for models that were pushed meanwhile. */
    fun refresh(): Unit = doing(name = null) { library.refresh() }

    /** Lets a model answer from the next question on. */
    fun choose(name: String): Unit = doing(name = null) { settings.update { it.copy(activeBundle = name) } }

    /** Hashes all of a model; the row shows what came of it. */
    fun verify(name: String): Unit = doing(name) { library.verify(name) }

    fun delete(name: String): Unit = doing(name) {
        if (isOpen(name) && !answers.release()) {
            throw InputError("The model $name is answering.", nextStep = "stop the answer, then delete the model")
        }
        library.delete(name)
        settings.update { if (it.activeBundle == name) it.copy(activeBundle = null) else it }
    }

    fun deleteNameModel(): Unit = doing(NAME_MODEL_FOLDER) { library.deleteNameModel() }

    fun download(url: String): Unit = library.startDownload(url)

    fun downloadNameModel(url: String): Unit = library.startNameModelDownload(url)

    fun pause(): Unit = library.pauseDownload()

    fun resume(): Unit = library.resumeDownload()

    /** Drops what the download has fetched, or takes the news of it off the screen. */
    fun discard(): Unit = library.discardDownload()

    /** The user has read what went wrong. */
    fun dismiss() {
        work.value = work.value.copy(error = null)
    }

    private fun isOpen(name: String): Boolean = when (val open = answers.state.value) {
        is ModelState.Ready -> open.name == name
        is ModelState.Opening -> open.name == name
        else -> false
    }

    private fun doing(name: String?, act: suspend () -> Unit) {
        viewModelScope.launch {
            if (name != null) work.value = Work(busy = name)
            try {
                act()
                work.value = work.value.copy(busy = null)
            } catch (error: UpcallError) {
                work.value = Work(error = error)
            }
        }
    }
}

/** The model that would answer now: that of the settings where it is there, else the first usable one. */
private fun activeOf(models: List<InstalledModel>, wanted: String?): String? =
    (models.firstOrNull { it.name == wanted } ?: models.firstOrNull { it.isUsable })?.name
