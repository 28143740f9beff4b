package dev.upcall.core.decision

import dev.upcall.core.InputError
import dev.upcall.core.languagemodel.RouterStage
import dev.upcall.core.languagemodel.Step
import dev.upcall.core.languagemodel.expOrNothing
import dev.upcall.core.languagemodel.indexOfMax
import kotlin.math.ln
import kotlin.math.max
import kotlin.math.min

/** Features that are no hidden state. Log-probabilities and entropies in nats. */
public enum class Statistic {
    FIRST_LOG_PROB,
    FIRST_ENTROPY,
    FIRST_MARGIN,
    LOG_INPUT_TOKENS,
    MEAN_LOG_PROB,
    MIN_LOG_PROB,
    MEAN_ENTROPY,
    MEAN_MARGIN,
    MIN_MARGIN,
    LOG_OUTPUT_TOKENS,
    IS_COMPLETE,
    ;

    /** The word of the vectors. */
    public val value: String get() = name.lowercase()
}

/** The features that come first, in their order. */
public val STATISTICS: Map<RouterStage, List<Statistic>> =
    mapOf(RouterStage.PRE to Statistic.entries.take(4), RouterStage.POST to Statistic.entries.drop(4))

private val HIDDEN_STATES = mapOf(RouterStage.PRE to 2, RouterStage.POST to 4)

/** F, of a model with hidden states of [hiddenSize] numbers. */
public fun featureCount(stage: RouterStage, hiddenSize: Int): Int =
    STATISTICS.getValue(stage).size + HIDDEN_STATES.getValue(stage) * hiddenSize

/**
 * How sure the model is at one token.
 *
 * @property logProb of the token chosen, ≤ 0.
 * @property entropy of the distribution that it was chosen from, ≥ 0.
 * @property margin of the likeliest token's log-probability over the second's, ≥ 0.
 */
public data class TokenStatistics(public val logProb: Double, public val entropy: Double, public val margin: Double)

/** The statistics of one token chosen from V ≥ 2 logits. */
public fun tokenStatistics(logits: FloatArray, token: Int): TokenStatistics {
    val best = logits.indexOfMax()
    val highest = logits[best].toDouble()
    var total = 0.0
    var weighted = 0.0
    var margin = Double.POSITIVE_INFINITY
    for (index in logits.indices) {
        val shifted = logits[index] - highest
        if (index != best) margin = min(margin, highest - logits[index])
        val exponential = expOrNothing(shifted)
        if (exponential == 0.0) continue // the logit may be −∞, and 0 times that is no number
        total += exponential
        weighted += exponential * shifted
    }
    val logTotal = ln(total)
    return TokenStatistics(
        logProb = min(0.0, (logits[token] - highest) - logTotal),
        entropy = max(0.0, logTotal - weighted / total),
        margin = margin,
    )
}

/**
 * The F features of a prompt that was read, before anything is answered: statistics of the likeliest first token, then
 * the hidden states of the prompt's last token.
 *
 * @param step of the prompt's last tokens.
 * @param inputTokens of the whole prompt, ≥ 1.
 */
public fun preFeatures(step: Step, inputTokens: Int): FloatArray =
    preFeatures(First(step.logits, step.hiddenLast, step.hiddenMid), inputTokens)

private class First(logits: FloatArray, val hiddenLast: FloatArray, val hiddenMid: FloatArray) {
    val statistics = tokenStatistics(logits, logits.indexOfMax())
}

private fun preFeatures(first: First, inputTokens: Int): FloatArray = first.statistics.run {
    joined(listOf(logProb, entropy, margin, ln(inputTokens.toDouble())), first.hiddenLast, first.hiddenMid)
}

/**
 * Follows one answer, step by step, and gives its features. Keeps sums, not steps.
 *
 * After an answer these are statistics of its tokens, then, over the steps after which they were chosen, mean and last of
 * `hiddenLast` and mean and last of `hiddenMid`.
 */
public class AnswerFeatures {
    private var first: First? = null
    private val tokens = mutableListOf<TokenStatistics>()
    private var last = emptyList<FloatArray>()
    private var sums = emptyList<DoubleArray>()

    /** A token was chosen after this step of the engine; what is needed of the step's arrays is copied. */
    public fun add(step: Step, token: Int) {
        last = listOf(step.hiddenLast.copyOf(), step.hiddenMid.copyOf())
        if (first == null) {
            first = First(step.logits, last[0], last[1])
            sums = last.map { DoubleArray(it.size) }
        }
        tokens += tokenStatistics(step.logits, token)
        for ((sum, state) in sums.zip(last)) for (index in sum.indices) sum[index] += state[index].toDouble()
    }

    /**
     * The F features of the prompt, whose last step the first token was chosen after; see [preFeatures].
     *
     * @throws InputError no token was chosen yet.
     */
    public fun pre(inputTokens: Int): FloatArray =
        preFeatures(first ?: throw InputError("The prompt was not read yet."), inputTokens)

    /**
     * The F features of the answer as far as it goes.
     *
     * @param isComplete the model ended the answer itself.
     * @throws InputError no token was chosen yet.
     */
    public fun post(isComplete: Boolean): FloatArray {
        if (tokens.isEmpty()) throw InputError("An answer without tokens has no features.")
        val count = tokens.size.toDouble()
        val statistics =
            listOf(
                tokens.sumOf { it.logProb } / count,
                tokens.minOf { it.logProb },
                tokens.sumOf { it.entropy } / count,
                tokens.sumOf { it.margin } / count,
                tokens.minOf { it.margin },
                ln(count),
                if (isComplete) 1.0 else 0.0,
            )
        val means = sums.map { sum -> FloatArray(sum.size) { (sum[it] / count).toFloat() } }
        return joined(statistics, means[0], last[0], means[1], last[1])
    }
}

private fun joined(statistics: List<Double>, vararg states: FloatArray): FloatArray =
    states.fold(FloatArray(statistics.size) { statistics[it].toFloat() }) { all, state -> all + state }
