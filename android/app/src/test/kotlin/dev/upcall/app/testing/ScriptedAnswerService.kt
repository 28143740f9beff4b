package dev.upcall.app.testing

import dev.upcall.app.answering.AnswerService
import dev.upcall.app.answering.ModelState
import dev.upcall.core.Approve
import dev.upcall.core.AskOptions
import dev.upcall.core.Decided
import dev.upcall.core.Done
import dev.upcall.core.Event
import dev.upcall.core.Failed
import dev.upcall.core.FinishReason
import dev.upcall.core.Message
import dev.upcall.core.Redacted
import dev.upcall.core.Token
import dev.upcall.core.Usage
import dev.upcall.core.decision.Circumstances
import dev.upcall.core.decision.Place
import dev.upcall.core.decision.Reason
import dev.upcall.core.decision.RouteDecision
import dev.upcall.core.decision.Strategy
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.flow

/**
 * A service that answers with the events it is fed, one question at a time; remembers what it was asked.
 *
 * An answer ends with the first [Done] or [Failed] of it.
 */
class ScriptedAnswerService : AnswerService {
    private val events = Channel<Event>(Channel.UNLIMITED)
    private val questions = mutableListOf<List<Message>>()

    /** What it was asked, in order. */
    val asked: List<List<Message>> get() = synchronized(questions) { questions.toList() }

    /** Answers that were left before their end. */
    var cancelledCount = 0
        private set

    /** How often it was told to let go of the model. */
    var releasedCount = 0
        private set

    /** Asks whoever approves for this before the first event; null asks nobody. */
    var departing: Redacted? = null

    override val state = MutableStateFlow<ModelState>(ModelState.Idle)

    /** Say these next. */
    fun feed(vararg next: Event) {
        for (event in next) check(events.trySend(event).isSuccess)
    }

    override fun ask(
        messages: List<Message>,
        approve: Approve?,
        conversation: Long?,
        model: String?,
        change: (AskOptions) -> AskOptions,
    ): Flow<Event> = flow {
        synchronized(questions) { questions += messages }
        var isWhole = false
        departing?.let { approve?.invoke(it) }
        try {
            while (!isWhole) {
                val event = events.receive()
                emit(event)
                isWhole = event is Done || event is Failed
            }
        } finally {
            if (!isWhole) cancelledCount++
        }
    }

    override fun valueOf(placeholder: String): String? = null

    override fun restored(text: String): String = text

    override fun placeholderOf(value: String): String = error("nothing waits for approval")

    override suspend fun release(): Boolean {
        releasedCount++
        return true
    }

    override suspend fun <T> withoutModel(work: suspend () -> T): T = work()
}

/** The decision that the device answers, being sure enough. */
val STAYS: Decided =
    Decided(
        RouteDecision(Place.DEVICE, Reason.CONFIDENT, score = -0.2, threshold = -0.5),
        Circumstances(Strategy.CASCADE, hasCloud = true, score = -0.2, threshold = -0.5),
    )

/** A whole answer of the device. */
fun deviceAnswer(text: String): Array<Event> = arrayOf(
    Token(text, Place.DEVICE),
    STAYS,
    Usage(
        Place.DEVICE,
        inputTokens = 12,
        outputTokens = 30,
        timeToFirstTokenMs = 210.0,
        totalMs = 900.0,
        tokensPerS = 42.0,
    ),
    Done(text, STAYS.decision, FinishReason.STOP),
)
