package dev.upcall.core

import dev.upcall.core.decision.Place
import dev.upcall.core.decision.RouteDecision
import kotlinx.coroutines.flow.FlowCollector

/** The device's answer as events. */
internal class LocalTurn(private val clock: Stopwatch, private val newDraft: () -> Drafted) {
    /**
     * Emit the device's answer: a draft is emitted again only if the cloud was cut off.
     *
     * @param cloudError why the cloud's answer is missing, if it was called.
     * @param lostMs what that call took.
     */
    suspend fun answer(
        out: FlowCollector<Event>,
        decision: RouteDecision,
        drafted: Drafted,
        cloudError: EscalationError? = null,
        lostMs: Double = 0.0,
    ) {
        val beforeMs: Double
        val now = if (drafted is Drafted.None) newDraft() else drafted
        if (now is Drafted.Failed) return out.emit(Failed(cloudError ?: now.error))
        val draft = (now as Drafted.Made).draft
        beforeMs = if (drafted is Drafted.None) now.beforeMs - lostMs else now.beforeMs
        if (drafted is Drafted.Made && cloudError != null && draft.local.answer.isNotEmpty()) {
            out.emit(Token(draft.local.answer, Place.DEVICE))
        }
        try {
            out.speak(draft, untilLost = false)
        } catch (error: EngineError) {
            return out.emit(Failed(cloudError ?: error))
        }
        val local = draft.local
        out.emit(
            Usage(
                place = Place.DEVICE,
                inputTokens = local.inputTokens,
                outputTokens = local.outputTokens,
                timeToFirstTokenMs = draft.firstTextS?.let { beforeMs + it * 1e3 },
                totalMs = clock.elapsedMs(),
                tokensPerS = draft.tokensPerS,
                lostMs = lostMs,
            ),
        )
        // The reason is set where the text has ended, as it has here.
        out.emit(Done(local.answer, decision, local.finishReason ?: FinishReason.STOP, cloudError))
    }
}
