package dev.upcall.app.data

import dev.upcall.core.Answer
import dev.upcall.core.Event
import dev.upcall.core.UpcallError
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

/** Time between two writes of an answer that is being made. */
const val WRITE_INTERVAL_MS: Long = 250

/**
 * Writes an answer down while it is made, so that a process that dies loses at most [WRITE_INTERVAL_MS] of it.
 *
 * @param store where to.
 */
class AnswerRecorder(private val store: ConversationStore) {
    /**
     * Collect the events of one question, write the answer down as it grows, and end it: as done or failed, or, where the caller is
     * cancelled, as stopped. A draft of the device is written, too: the chat shows it, and what was shown is not lost.
     *
     * A storage that is full does not end the answer: it is made to its end, and then told.
     *
     * @param asked the question.
     * @param events of `AnswerService.ask` or `Session.ask`.
     * @param show called with the answer after each event.
     * @return the answer at its end.
     * @throws UpcallError the events threw it, or the answer cannot be written.
     */
    suspend fun record(asked: Asked, events: Flow<Event>, show: (Answer) -> Unit = {}): Answer {
        val answer = Answer()
        try {
            collect(asked, events, answer, show)
        } catch (error: CancellationException) {
            withContext(NonCancellable) { endQuietly(asked, MessageState.STOPPED, answer, traceOf(answer)) }
            throw error
        } catch (error: UpcallError) {
            endQuietly(asked, MessageState.FAILED, answer, traceOf(answer).copy(error = tracedError(error)))
            throw error
        }
        val state = if (answer.done == null) MessageState.FAILED else MessageState.DONE
        store.finish(asked.answerId, state, answer.shown, traceOf(answer))
        return answer
    }

    private suspend fun collect(asked: Asked, events: Flow<Event>, answer: Answer, show: (Answer) -> Unit) =
        coroutineScope {
            val text = MutableStateFlow("")
            val writer = launch { write(asked, text) }
            events.collect { event ->
                answer.add(event)
                text.value = answer.shown
                show(answer)
            }
            writer.cancelAndJoin() // or it would write after the end
        }

    private suspend fun write(asked: Asked, text: Flow<String>) {
        var kept = ""
        text.conflate().collect {
            if (it != kept) {
                try {
                    store.keep(asked.answerId, it)
                    kept = it
                } catch (_: UpcallError) {
                    // The end tells it, if it cannot be written either.
                }
                delay(WRITE_INTERVAL_MS)
            }
        }
    }

    /** Ends it for a reason that is told already. */
    private suspend fun endQuietly(asked: Asked, state: MessageState, answer: Answer, trace: AnswerTrace) {
        try {
            store.finish(asked.answerId, state, answer.shown, trace)
        } catch (_: UpcallError) {
            // At the next start it is an interrupted one.
        }
    }
}

/** What the user has seen of it by now. */
private val Answer.shown: String get() = done?.answer ?: text
