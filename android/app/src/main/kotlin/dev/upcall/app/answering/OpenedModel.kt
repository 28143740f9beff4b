package dev.upcall.app.answering

import dev.upcall.app.models.EngineOpener
import dev.upcall.app.models.ModelLibrary
import dev.upcall.app.models.checkWorkerThread
import dev.upcall.app.models.openModel
import dev.upcall.core.Bundle
import dev.upcall.core.EngineError
import dev.upcall.core.MANIFEST
import dev.upcall.core.ModelError
import dev.upcall.core.UpcallError
import dev.upcall.core.languagemodel.LanguageModel
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import java.nio.file.Files
import java.nio.file.attribute.FileTime

/** The one model in memory. Not thread-safe: who calls takes turns. */
internal class OpenedModel(private val models: ModelLibrary, private val engines: EngineOpener) {
    /** A verified bundle and its model. */
    class Chosen(val name: String, val bundle: Bundle, val model: LanguageModel) {
        private val manifestTime = timeOf(bundle)

        /** Whether its folder still holds what was opened. */
        fun isCurrent(): Boolean = Files.exists(bundle.path.resolve(MANIFEST)) && timeOf(bundle) == manifestTime

        private fun timeOf(bundle: Bundle): FileTime = Files.getLastModifiedTime(bundle.path.resolve(MANIFEST))
    }

    private val shown = MutableStateFlow<ModelState>(ModelState.Idle)
    private var chosen: Chosen? = null

    val state: StateFlow<ModelState> = shown.asStateFlow()

    /**
     * The model to ask, opened unless it is open; another one is closed first.
     *
     * @param wanted must be this; null takes the preferred one where it is there, else the first usable one.
     * @throws UpcallError there is none, or it does not open.
     */
    suspend fun of(wanted: String?, preferred: String?): Chosen {
        checkWorkerThread()
        try {
            val name = wanted ?: nameOf(preferred)
            chosen?.takeIf { it.name == name && it.isCurrent() }?.let { return it }
            close()
            shown.value = ModelState.Opening(name)
            return opened(name).also {
                chosen = it
                shown.value = ModelState.Ready(name)
            }
        } catch (error: UpcallError) {
            shown.value = ModelState.Failed(error)
            throw error
        } finally {
            if (shown.value is ModelState.Opening) shown.value = ModelState.Idle // it was cancelled
        }
    }

    fun close() {
        chosen?.model?.close()
        chosen = null
        shown.value = ModelState.Idle
    }

    private suspend fun opened(name: String): Chosen = try {
        val bundle = models.verify(name)
        Chosen(name, bundle, engines.openModel(bundle))
    } catch (_: OutOfMemoryError) {
        throw EngineError(
            "The model $name needs more memory than there is.",
            nextStep = "close other apps and ask again",
        )
    }

    private suspend fun nameOf(preferred: String?): String {
        if (models.models.value.none { it.isUsable }) models.refresh()
        val all = models.models.value
        if (all.any { it.name == preferred }) return checkNotNull(preferred)
        return all.firstOrNull { it.isUsable }?.name
            ?: throw all.firstNotNullOfOrNull { it.fault }
                ?: ModelError("There is no model on this device.", nextStep = "get one under Models")
    }
}
