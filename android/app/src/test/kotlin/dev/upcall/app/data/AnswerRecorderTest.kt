package dev.upcall.app.data

import dev.upcall.app.testing.Conversations
import dev.upcall.core.Decided
import dev.upcall.core.Done
import dev.upcall.core.EngineError
import dev.upcall.core.EscalationError
import dev.upcall.core.EscalationReason
import dev.upcall.core.Event
import dev.upcall.core.Failed
import dev.upcall.core.FinishReason
import dev.upcall.core.InputError
import dev.upcall.core.Token
import dev.upcall.core.decision.Circumstances
import dev.upcall.core.decision.Place
import dev.upcall.core.decision.Reason
import dev.upcall.core.decision.RouteDecision
import dev.upcall.core.decision.Strategy
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.runTest
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

private val HERE = RouteDecision(Place.DEVICE, Reason.CONFIDENT, score = -0.1, threshold = -0.5)
private val THERE = RouteDecision(Place.CLOUD, Reason.NOT_CONFIDENT, score = -0.9, threshold = -0.5)
private val GIVEN = Circumstances(Strategy.CASCADE, hasCloud = true)

private fun decided(decision: RouteDecision) = Decided(decision, GIVEN)

private fun token(text: String, place: Place = Place.DEVICE) = Token(text, place)

@RunWith(RobolectricTestRunner::class)
class AnswerRecorderTest {
    @get:Rule
    val conversations = Conversations()

    private val store get() = conversations.store

    private suspend fun answer(asked: Asked) = store.messages(asked.conversationId).first().last()

    @Test
    fun `an answer and its trace are written down at its end`() = runBlocking {
        val asked = store.ask(null, "one")
        val shown = mutableListOf<String>()
        val done = Done("Paris.", HERE, FinishReason.STOP)
        val answer =
            AnswerRecorder(store).record(asked, flowOf(decided(HERE), token("Par"), token("is."), done)) {
                shown += it.text
            }
        assertEquals(listOf("", "Par", "Paris.", "Paris."), shown)
        assertEquals("Paris." to MessageState.DONE, answer(asked).let { it.text to it.state })
        assertEquals(traceOf(answer), store.trace(asked.answerId))
        assertEquals(-0.1, store.trace(asked.answerId)?.score)
    }

    @Test
    fun `an answer that fails says why`() = runBlocking {
        val asked = store.ask(null, "one")
        val error = EngineError("The engine broke.", nextStep = "load the model again")
        AnswerRecorder(store).record(asked, flowOf(decided(HERE), token("Par"), Failed(error)))
        assertEquals("Par" to MessageState.FAILED, answer(asked).let { it.text to it.state })
        assertEquals("The engine broke.\nload the model again", answer(asked).error)
    }

    @Test
    fun `an answer in the cloud's place says why it is`() = runBlocking {
        val asked = store.ask(null, "one")
        val decision = RouteDecision(Place.DEVICE, Reason.CLOUD_FAILED)
        val lost = EscalationError("The service is gone.", EscalationReason.UNAVAILABLE)
        val done = Done("Paris.", decision, FinishReason.STOP, lost)
        AnswerRecorder(store).record(asked, flowOf(decided(THERE), decided(decision), token("Paris."), done))
        val message = answer(asked)
        assertEquals(MessageState.DONE to Place.DEVICE, message.state to message.place)
        assertEquals("The service is gone.", message.error)
    }

    @Test
    fun `what the events throw is written down and thrown`() = runBlocking {
        val asked = store.ask(null, "one")
        val events = flow<Event> { throw InputError("The conversation is too long.", nextStep = "begin a new one") }
        assertThrows(InputError::class.java) { runBlocking { AnswerRecorder(store).record(asked, events) } }
        assertEquals(MessageState.FAILED, answer(asked).state)
        assertEquals("The conversation is too long.\nbegin a new one", answer(asked).error)
    }

    @Test
    fun `an answer that is stopped keeps what was shown`() = runBlocking {
        val asked = store.ask(null, "one")
        val isShown = CompletableDeferred<Unit>()
        val events =
            flow {
                emit(decided(HERE))
                emit(token("Par"))
                isShown.complete(Unit)
                awaitCancellation()
            }
        val job = launch { AnswerRecorder(store).record(asked, events) }
        isShown.await()
        job.cancelAndJoin()
        assertEquals("Par" to MessageState.STOPPED, answer(asked).let { it.text to it.state })
        assertEquals(Place.DEVICE, store.trace(asked.answerId)?.place)
    }

    @Test
    fun `a draft is written as it is shown, until something takes its place`() = runTest {
        val asked = store.ask(null, "one")
        val kept = KeptTexts(store)
        val events =
            flow {
                emit(token("draft"))
                delay(1_000)
                emit(decided(THERE))
                delay(1_000)
                emit(token("cloud", Place.CLOUD))
                delay(1_000)
                emit(decided(RouteDecision(Place.DEVICE, Reason.CLOUD_FAILED)))
                delay(1_000)
                emit(token("device"))
                delay(1_000)
                emit(Failed(EngineError("It broke.")))
            }
        AnswerRecorder(kept).record(asked, events)
        assertEquals(listOf("draft", "", "cloud", "", "device"), kept.texts)
    }

    @Test
    fun `a stream of tokens is written at most four times a second, and a pause writes the rest`() = runTest {
        val asked = store.ask(null, "one")
        val kept = KeptTexts(store)
        val events =
            flow {
                emit(decided(HERE))
                repeat(200) {
                    emit(token("x"))
                    delay(10)
                }
                emit(token("end"))
                delay(10_000)
                emit(Done("x".repeat(200) + "end", HERE, FinishReason.STOP))
            }
        AnswerRecorder(kept).record(asked, events)
        assertTrue(kept.texts.size.toString(), kept.texts.size in 8..10)
        assertEquals("x".repeat(200) + "end", kept.texts.last())
    }

    /** Only tells what is kept while an answer is made. */
    private class KeptTexts(store: ConversationStore) : ConversationStore by store {
        val texts = mutableListOf<String>()

        override suspend fun keep(answerId: Long, text: String) {
            texts += text
        }

        override suspend fun finish(answerId: Long, state: MessageState, text: String, trace: AnswerTrace?) = Unit
    }
}
