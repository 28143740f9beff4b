package dev.upcall.core.languagemodel

import dev.upcall.core.FinishReason
import dev.upcall.core.SamplingOptions

/** Told a step of the engine, whose arrays are valid until this returns, and the token that was chosen after it. */
public typealias Observe = (step: Step, token: Int) -> Unit

/**
 * One answer of the device's model as it grows: read, sample, stop. Made by [LanguageModel.answer].
 *
 * It works only within [next], one step of the engine at a time, so whoever asks for no more stops it within one token. It may be
 * left and taken up again: a draft that lost the decision can still be finished. Not thread-safe.
 *
 * @property prompt token ids of the rendered conversation.
 */
public class LocalAnswer internal constructor(
    private val model: LanguageModel,
    public val prompt: List<Int>,
    sampling: SamplingOptions,
    private val maxOutputTokens: Int,
    private val observe: Observe?,
) {
    private val stream = model.tokenizer.stream()
    private val sampler = Sampler(sampling)
    private val seen = IntList().apply { prompt.forEach(::plusAssign) }
    private val chosen = mutableListOf<Int>()
    private val chosenLogProbs = mutableListOf<Double>()
    private val text = StringBuilder()
    private var isOver = false

    /** Tokens of the prompt. */
    public val inputTokens: Int get() = prompt.size

    /** Tokens chosen so far, the stop token included. */
    public val outputTokens: Int get() = chosen.size

    /** The tokens chosen so far, the stop token included. */
    public val tokens: List<Int> get() = chosen

    /** The log-probability of each of them, ≤ 0 nats, before temperature. */
    public val logProbs: List<Double> get() = chosenLogProbs

    /** The text so far. */
    public val answer: String get() = text.toString()

    /** Why the answer ended; null while it grows. */
    public var finishReason: FinishReason? = null
        private set

    /**
     * The text of one more step of the engine, empty where there is no new text; null when the answer is over.
     *
     * @throws dev.upcall.core.EngineError from the engine; the answer may be taken up again.
     * @throws InterruptedException the thread was interrupted; the answer may be taken up again.
     */
    public fun next(): String? {
        if (isOver) return null
        val piece =
            if (finishReason == null) {
                model.read(seen.toIntArray(), ::choose).orEmpty()
            } else {
                isOver = true
                stream.finish()
            }
        text.append(piece)
        return piece
    }

    /**
     * The whole answer, at once.
     *
     * @throws dev.upcall.core.EngineError from the engine.
     * @throws InterruptedException the thread was interrupted.
     */
    public fun finish(): String {
        while (next() != null) continue
        return answer
    }

    /** Chooses the next token and gives the text that has become certain. */
    private fun choose(step: Step): String {
        val token = sampler.choose(step.logits, seen.toIntArray())
        chosenLogProbs += logProbability(step.logits, token)
        chosen += token
        observe?.invoke(step, token)
        if (token in model.stopTokenIds) {
            finishReason = FinishReason.STOP
            return ""
        }
        seen += token
        if (chosen.size == maxOutputTokens) finishReason = FinishReason.LENGTH
        return stream.push(token)
    }
}
