package dev.upcall.app.answering

import dev.upcall.app.models.ModelLibrary
import dev.upcall.app.models.NameModel
import dev.upcall.core.RedactionError
import dev.upcall.core.redaction.Detector
import dev.upcall.core.redaction.NameFinder
import dev.upcall.core.redaction.Span
import java.nio.file.Path

/**
 * What finds private words, kept from one question to the next. Not thread-safe: who calls takes turns.
 *
 * @param open loads the model that finds names from its folder; throws [RedactionError] where it is another one.
 */
class Detectors(private val models: ModelLibrary, private val open: (Path) -> NameFinder) {
    private var names: NameFinder? = null
    private var last: Detector? = null
    private var lastTerms: List<String>? = null

    /**
     * Rules, the user's own terms, and names where their model is installed. With a model that is damaged, it finds nothing and says
     * so, and nothing leaves the device.
     *
     * @throws dev.upcall.core.InputError a term is not acceptable.
     */
    suspend fun of(ownTerms: List<String>): Detector {
        models.refresh()
        val finder = finder()
        last?.takeIf { ownTerms == lastTerms && it.names === finder }?.let { return it }
        return Detector(denyTerms = ownTerms, names = finder).also {
            last = it
            lastTerms = ownTerms
        }
    }

    private fun finder(): NameFinder? = when (models.nameModel.value) {
        NameModel.Absent -> {
            forget()
            null
        }
        is NameModel.Damaged -> {
            forget()
            Broken
        }
        NameModel.Installed ->
            names ?: try {
                open(models.nameModelFolder).also { names = it }
            } catch (_: RedactionError) {
                Broken // and tried again with the next question: it may have been replaced by then
            }
    }

    private fun forget() {
        (names as? AutoCloseable)?.close()
        names = null
    }

    /** Stands for a model that should be there and does not work. */
    private object Broken : NameFinder {
        override val version: String = "none"

        override fun spans(text: String): List<Span> = throw RedactionError("The model that finds names does not work.")
    }
}
