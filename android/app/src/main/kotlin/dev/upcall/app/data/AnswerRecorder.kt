package dev.upcall.app.data

import dev.upcall.core.Answer
import dev.upcall.core.Event
import dev.upcall.core.UpcallError
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
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
     * cancelled, as stopped.
     *
     * @param asked the question.
     * @param events of `AnswerService.ask` or `Session.ask`.
     * @param show called with the answer after each event.
     * @return the answer at its end; an [UpcallError] that the events throw is written down and thrown again.
     */
    suspend fun record(asked: Asked, events: Flow<Event>, show: (Answer) -> Unit = {}): Answer {
        val answer = Answer()
        try {
            collect(asked, events, answer, show)
        } catch (error: CancellationException) {
            withContext(NonCancellable) { end(asked, MessageState.STOPPED, answer, traceOf(answer)) }
            throw error
        } catch (error: UpcallError) {
            end(asked, MessageState.FAILED, answer, traceOf(answer).copy(error = tracedError(error)))
            throw error
        }
        val state = if (answer.done == null) MessageState.FAILED else MessageState.DONE
        end(asked, state, answer, traceOf(answer))
        return answer
    }

    private suspend fun collect(asked: Asked, events: Flow<Event>, answer: Answer, show: (Answer) -> Unit) =
        coroutineScope {
            val text = MutableStateFlow("")
            val writer = launch {
                text.collect {
                    if (it.isNotEmpty()) store.keep(asked.answerId, it)
                    delay(WRITE_INTERVAL_MS)
                }
            }
            events.collect { event ->
                answer.add(event)
                text.value = answer.text
                show(answer)
            }
            writer.cancel()
        }

    private suspend fun end(asked: Asked, state: MessageState, answer: Answer, trace: AnswerTrace) =
        store.finish(asked.answerId, state, answer.done?.answer ?: answer.text, trace)
}
