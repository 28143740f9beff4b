package dev.upcall.core

import dev.upcall.core.decision.Place
import dev.upcall.core.decision.RouteDecision
import dev.upcall.core.redaction.RedactedMessages
import dev.upcall.core.redaction.StreamRestorer
import kotlinx.coroutines.flow.FlowCollector
import java.util.UUID

/** The cloud's answer as events, its placeholders restored as they come. */
internal class CloudTurn(
    private val cloud: Cloud,
    private val restorer: StreamRestorer,
    private val options: AskOptions,
    private val clock: Stopwatch,
    private val spending: Spending,
) {
    private val answer = StringBuilder()
    private var usage: CloudUsage? = null
    private var firstPartMs: Double? = null
    private var firstTextMs: Double? = null

    /**
     * Call, and emit what comes.
     *
     * @throws EscalationError there is no whole answer.
     */
    suspend fun answer(out: FlowCollector<Event>, decision: RouteDecision, redacted: RedactedMessages) {
        out.emit(shown(redacted, cloud))
        val question =
            CloudQuestion(
                requestId = UUID.randomUUID().toString(),
                redacted = redacted,
                strategy = options.strategy,
                decision = decision,
                sampling = options.sampling,
                maxOutputTokens = options.maxOutputTokens,
                timeoutMs = options.cloudTimeoutMs,
            )
        cloud.generate(question).collect { part ->
            when (part) {
                is CloudUsage -> usage = part
                is CloudText -> {
                    firstPartMs = firstPartMs ?: clock.elapsedMs()
                    out.speak(restorer.feed(part.text))
                }
            }
        }
        out.speak(restorer.flush())
        val counted =
            usage
                ?: throw EscalationError("The cloud's answer did not end.", reason = EscalationReason.INTERRUPTED)
        spending.settle(counted.inputTokens, counted.outputTokens)
        out.emit(Restored(restorer.restoredCount, restorer.alteredCount))
        out.emit(told(counted))
        out.emit(Done(answer.toString(), decision, counted.finishReason))
    }

    private suspend fun FlowCollector<Event>.speak(text: String) {
        if (text.isEmpty()) return
        answer.append(text)
        firstTextMs = firstTextMs ?: clock.elapsedMs()
        emit(Token(text, Place.CLOUD))
    }

    private fun told(counted: CloudUsage): Usage {
        val madeMs = firstPartMs?.let { clock.elapsedMs() - it } ?: 0.0
        val later = counted.outputTokens - 1
        return Usage(
            place = Place.CLOUD,
            inputTokens = counted.inputTokens,
            outputTokens = counted.outputTokens,
            timeToFirstTokenMs = firstTextMs,
            totalMs = clock.elapsedMs(),
            tokensPerS = if (later > 0 && madeMs > 0) later * 1e3 / madeMs else null,
        )
    }
}
