package dev.upcall.app.answering

import dev.upcall.core.Approve
import dev.upcall.core.AskOptions
import dev.upcall.core.Event
import dev.upcall.core.Message
import dev.upcall.core.UpcallError
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.StateFlow

/**
 * The one owner of the model in memory, and of everything else that an answer needs.
 *
 * The model is opened at the first question and after it was released or another one was chosen. Settings are read at the beginning
 * of each question. No work of a model runs on the main thread.
 */
interface AnswerService {
    /** What became of the model. */
    val state: StateFlow<ModelState>

    /**
     * Answers the last message. Cancelling the collector stops the answer, on the device and in the cloud.
     *
     * One question at a time: others wait their turn.
     *
     * @param messages of the conversation, the user's question last.
     * @param approve asked before anything leaves; see [Approve]. By default what is masked is sent.
     * @param conversation in which a value keeps its placeholder; null keeps none beyond this question.
     * @param model name of the bundle; null takes the one that the settings name, else the first usable one.
     * @param change what this question changes of the options that the settings give.
     * @return cold. It throws nothing but cancellation: whatever fails becomes [dev.upcall.core.Failed].
     */
    fun ask(
        messages: List<Message>,
        approve: Approve? = null,
        conversation: Long? = null,
        model: String? = null,
        change: (AskOptions) -> AskOptions = { it },
    ): Flow<Event>

    /** What a placeholder in what would leave stands for; null for one that is none. To be asked while `approve` runs. */
    fun valueOf(placeholder: String): String?

    /** A text that would leave, with its placeholders restored. To be asked while `approve` runs. */
    fun restored(text: String): String

    /**
     * The placeholder of a value that the user masks by hand in what would leave; the answer is restored. To be asked while `approve`
     * runs.
     *
     * @throws dev.upcall.core.RedactionError no question waits for approval, or there are too many values.
     */
    fun placeholderOf(value: String): String

    /** Frees the model's memory, unless an answer runs. Gives whether it is free now. */
    suspend fun release(): Boolean

    /** Does work that needs the memory: frees the model once no answer runs, and lets questions wait meanwhile. */
    suspend fun <T> withoutModel(work: suspend () -> T): T
}

/** What became of the model. */
sealed interface ModelState {
    /** None is in memory. */
    data object Idle : ModelState

    /** It is being verified and loaded. */
    data class Opening(val name: String) : ModelState

    /** It is in memory. */
    data class Ready(val name: String) : ModelState

    /** There is none that could be opened, or it did not open. */
    data class Failed(val error: UpcallError) : ModelState
}
