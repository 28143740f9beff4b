package dev.upcall.app.chat

import dev.upcall.app.data.Asked
import dev.upcall.core.Answer
import dev.upcall.core.decision.Place
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow

/** Where an answer that is being made has got to. */
enum class Stage {
    /** The model is being opened, or another answer comes first. */
    WAITING,

    /** The device writes what may become the answer. */
    DRAFTING,

    /** What would leave is shown, and waits for the user. */
    ASKING,

    /** The device writes the answer. */
    DEVICE,

    /** The cloud writes the answer. */
    CLOUD,
    ;

    /** What is written now is the answer, unless the cloud fails. */
    val isFinal: Boolean get() = this == DEVICE || this == CLOUD
}

/**
 * An answer as far as it goes. Its text is private: it is left out of [toString].
 *
 * @property text of the answer or of the draft.
 * @property stage where it has got to.
 */
data class Progress(val text: String = "", val stage: Stage = Stage.WAITING) {
    override fun toString(): String = "Progress(stage=$stage)"
}

/** An answer that is being made: the row that shows it follows [progress], and no other row has to. */
class OngoingAnswer(val asked: Asked) {
    private val mutableProgress = MutableStateFlow(Progress())

    val progress: StateFlow<Progress> = mutableProgress.asStateFlow()

    /** Take in what there is now. */
    internal fun show(answer: Answer) {
        mutableProgress.value = Progress(answer.text, stage(answer))
    }

    /** The user is being asked, or has answered. */
    internal fun isAsking(asking: Boolean) {
        val before = mutableProgress.value
        mutableProgress.value = before.copy(stage = if (asking) Stage.ASKING else Stage.WAITING)
    }
}

private fun stage(answer: Answer): Stage = when (answer.decision?.place) {
    Place.DEVICE -> Stage.DEVICE
    Place.CLOUD -> Stage.CLOUD
    null -> if (answer.text.isEmpty()) Stage.WAITING else Stage.DRAFTING
}
