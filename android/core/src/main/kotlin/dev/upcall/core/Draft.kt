package dev.upcall.core

import dev.upcall.core.decision.AnswerFeatures
import dev.upcall.core.decision.Signal
import dev.upcall.core.decision.score
import dev.upcall.core.languagemodel.LanguageModel
import dev.upcall.core.languagemodel.LocalAnswer

/**
 * One answer of the device while it is a draft: left when it is known to be not good enough, and finished if the cloud then fails.
 *
 * @property local the answer.
 * @param model asked for the score of a router head.
 * @param signal which score decides.
 * @param features of the answer, where the signal is a router head's.
 * @param threshold below it the draft is not good enough; null where no score decides.
 */
internal class Draft(
    val local: LocalAnswer,
    private val model: LanguageModel,
    private val signal: Signal,
    private val features: AnswerFeatures?,
    private val threshold: Double?,
) {
    private var isScored = false

    /** Log-probability signal, ≤ 0 nats; null while it is not known, or where the head failed. */
    var score: Double? = null
        private set

    /** Seconds in which the engine worked for this answer. */
    var madeS: Double = 0.0
        private set

    /** Of [madeS], until the first token. */
    var firstTokenS: Double? = null
        private set

    /** Of [madeS], until the first text. */
    var firstTextS: Double? = null
        private set

    /** Whether the draft is known to be not good enough, so that it need not be finished before the cloud is called. */
    val isLost: Boolean
        get() {
            if (threshold == null || local.logProbs.isEmpty()) return false
            return when (signal) {
                Signal.MIN_LOG_PROB -> local.logProbs.last() < threshold // it can only fall
                Signal.ROUTER_PRE -> { // it looks at the prompt only, which was read
                    settle()
                    score.let { it == null || it < threshold }
                }
                else -> false
            }
        }

    /** Output tokens after the first by the time they took; null for a single token. */
    val tokensPerS: Double?
        get() {
            val count = local.outputTokens - 1
            val seconds = madeS - (firstTokenS ?: 0.0)
            return if (count > 0 && seconds > 0) count / seconds else null
        }

    /**
     * The text of one more step, empty where there is no new text; null when the answer is over. Where it was left it is taken up again.
     *
     * @throws EngineError from the engine.
     * @throws InterruptedException the thread was interrupted.
     */
    fun next(): String? {
        val start = System.nanoTime()
        val piece =
            try {
                local.next()
            } finally {
                madeS += (System.nanoTime() - start) / NANOSECONDS
            }
        if (firstTokenS == null && local.outputTokens > 0) firstTokenS = madeS
        if (firstTextS == null && !piece.isNullOrEmpty()) firstTextS = madeS
        return piece
    }

    /** Works out the score, once; for all signals but `router_pre` the answer is over, or known to be lost. */
    fun settle() {
        if (isScored) return
        isScored = true
        score = scored()
    }

    private fun scored(): Double? {
        val stage = signal.stage
        if (stage == null || features == null) return score(signal, local.logProbs)
        val given =
            if (signal == Signal.ROUTER_PRE) {
                features.pre(inputTokens = local.inputTokens)
            } else {
                features.post(isComplete = local.finishReason == FinishReason.STOP)
            }
        return try {
            model.route(stage, given)
        } catch (_: EngineError) {
            // then nothing speaks for the draft; it is kept in case the cloud fails
            null
        }
    }

    private companion object {
        const val NANOSECONDS = 1e9
    }
}
