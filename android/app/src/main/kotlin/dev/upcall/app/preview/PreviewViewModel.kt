package dev.upcall.app.preview

import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.setValue
import androidx.lifecycle.ViewModel
import androidx.lifecycle.viewModelScope
import dev.upcall.app.answering.AnswerService
import dev.upcall.app.chat.Approval
import dev.upcall.app.chat.Asker
import dev.upcall.app.models.ModelLibrary
import dev.upcall.app.models.NameModel
import dev.upcall.core.UpcallError
import dev.upcall.core.redaction.Masked
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.launch

/**
 * What the preview shows. Its values are private: they are left out of [toString].
 *
 * @property number of the approval; see [Approval.number].
 * @property departure what would leave, as the user has made it by now.
 * @property isAgain more of what the user edited had to be masked.
 * @property isEdited the user changed something since it was shown.
 * @property error why what the user did last was not done.
 */
internal data class PreviewState(
    val number: Long,
    val departure: Departure,
    val isAgain: Boolean,
    val isEdited: Boolean = false,
    val error: UpcallError? = null,
) {
    override fun toString(): String = "PreviewState(number=$number, isAgain=$isAgain, isEdited=$isEdited)"
}

/** Shows what would leave, lets the user change it, and takes the answer. It outlives a turn of the screen. */
class PreviewViewModel(private val asker: Asker, private val answers: AnswerService, models: ModelLibrary) :
    ViewModel() {
    /** Null where nothing waits. A state of Compose, as a text field needs its own changes back at once. */
    internal var state: PreviewState? by mutableStateOf(null)
        private set

    /** Whether names are looked for. */
    val findsNames: StateFlow<Boolean> =
        models.nameModel
            .map { it is NameModel.Installed }
            .stateIn(viewModelScope, SharingStarted.Eagerly, models.nameModel.value is NameModel.Installed)

    init {
        viewModelScope.launch { asker.approval.collect(::take) }
    }

    /** Change the text of one message. */
    fun edit(index: Int, text: String) = change { it.edited(index, text) }

    /** Mask a value by hand, wherever it stands. The answer will have it in the placeholder's place. */
    fun mask(value: String) = change { it.masked(value, answers.placeholderOf(value)) }

    /** Take a placeholder out of the text: who answers will know nothing of it. */
    fun takeOut(mask: Masked) = change { it.without(mask.placeholder) }

    /** What a placeholder stands for; null where that is not known. */
    fun valueOf(mask: Masked): String? = answers.valueOf(mask.placeholder)

    /** Send what is shown. */
    fun send() {
        val state = state ?: return
        val approval = waiting(state) ?: return
        try {
            approval.send(if (state.isEdited) state.departure.messages() else approval.redacted.messages)
        } catch (error: UpcallError) {
            this.state = state.copy(error = error)
        }
    }

    /** Keep the question on the device. */
    fun keep() {
        state?.let(::waiting)?.keep()
    }

    private fun waiting(state: PreviewState): Approval? = asker.approval.value?.takeIf { it.number == state.number }

    private fun take(approval: Approval?) {
        state = approval?.run { PreviewState(number, departure(redacted), isAgain) }
    }

    private fun change(change: (Departure) -> Departure) {
        val before = state ?: return
        state =
            try {
                before.copy(departure = change(before.departure), isEdited = true, error = null)
            } catch (error: UpcallError) {
                before.copy(error = error)
            }
    }
}
