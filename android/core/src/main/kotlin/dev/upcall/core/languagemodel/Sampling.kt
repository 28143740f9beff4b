package dev.upcall.core.languagemodel

import dev.upcall.core.SamplingOptions
import kotlin.math.exp
import kotlin.math.ln
import kotlin.math.min

/** The generator of pseudo-random numbers: SplitMix64 (Steele, Lea, Flood 2014). */
internal class SplitMix64(private var state: ULong) {
    /** The next number in [0, 1), of 53 random bits. */
    fun uniform(): Double {
        state += 0x9E37_79B9_7F4A_7C15uL
        var mixed = state
        mixed = (mixed xor (mixed shr 30)) * 0xBF58_476D_1CE4_E5B9uL
        mixed = (mixed xor (mixed shr 27)) * 0x94D0_49BB_1331_11EBuL
        return ((mixed xor (mixed shr 31)) shr 11).toDouble() * TWO_TO_MINUS_53
    }
}

/** V logits → natural logarithms of their probabilities. */
public fun logSoftmax(logits: FloatArray): DoubleArray {
    val highest = logits.max().toDouble()
    val shifted = DoubleArray(logits.size) { logits[it] - highest }
    val logTotal = ln(shifted.sumOf { exp(it) })
    for (token in shifted.indices) shifted[token] -= logTotal
    return shifted
}

/** The log-probability of one token among V logits, in nats, ≤ 0: that of [logSoftmax], without its array. */
public fun logProbability(logits: FloatArray, token: Int): Double {
    val highest = logits.max().toDouble()
    var total = 0.0
    for (logit in logits) total += expOrNothing(logit - highest)
    return min(0.0, (logits[token] - highest) - ln(total))
}

/** The place of the greatest, the first of equal ones. */
internal fun FloatArray.indexOfMax(): Int {
    var best = 0
    for (index in indices) if (this[index] > this[best]) best = index
    return best
}

/** e to the [exponent], which is ≤ 0, as a part of a sum of 1 or more, where the least ones change no digit. */
internal fun expOrNothing(exponent: Double): Double = if (exponent < NEGLIGIBLE) 0.0 else exp(exponent)

/**
 * Chooses tokens one after another; the same seed gives the same tokens in every language.
 *
 * Order: repetition penalty, temperature, top-k, min-p, top-p, then one draw. Tokens are ranked by falling probability, equal
 * ones by rising id, and the draw walks that ranking.
 */
public class Sampler(private val options: SamplingOptions) {
    private val random = SplitMix64(options.seed)

    /**
     * The next token id.
     *
     * @param logits V numbers; not written to.
     * @param seen ids of prompt and answer so far; used by the repetition penalty only.
     */
    public fun choose(logits: FloatArray, seen: IntArray): Int {
        val penalised = penalised(logits, seen)
        if (options.temperature == 0.0) return penalised.indexOfMax()
        val temperature = options.temperature.toFloat()
        val probabilities = logSoftmax(FloatArray(penalised.size) { penalised[it] / temperature })
        for (token in probabilities.indices) probabilities[token] = exp(probabilities[token])
        val ranking = probabilities.sortedArrayDescending()
        return tokenAt(drawnRank(ranking, keptCount(ranking)), ranking, probabilities)
    }

    private fun penalised(logits: FloatArray, seen: IntArray): FloatArray {
        if (options.repetitionPenalty == 1.0 || seen.isEmpty()) return logits
        val penalty = options.repetitionPenalty.toFloat()
        val result = logits.copyOf()
        for (token in seen) { // from the logits as given, so that a token seen twice is not punished twice
            val logit = logits[token]
            result[token] = if (logit > 0) logit / penalty else logit * penalty
        }
        return result
    }

    /** How many of the likeliest tokens the filters leave. */
    private fun keptCount(ranking: DoubleArray): Int {
        var kept = if (options.topK > 0) min(options.topK, ranking.size) else ranking.size
        if (options.minP > 0) {
            val least = options.minP * ranking[0]
            kept = (0..<kept).count { ranking[it] >= least }.coerceAtLeast(1)
        }
        if (options.topP < 1.0) {
            var total = 0.0
            for (rank in 0..<kept) total += ranking[rank]
            var cumulative = 0.0
            for (rank in 0..<kept) {
                cumulative += ranking[rank]
                if (cumulative >= options.topP * total) return rank + 1
            }
        }
        return kept
    }

    private fun drawnRank(ranking: DoubleArray, kept: Int): Int {
        var total = 0.0
        for (rank in 0..<kept) total += ranking[rank]
        val drawn = random.uniform() * total
        var cumulative = 0.0
        for (rank in 0..<kept) {
            cumulative += ranking[rank]
            if (cumulative > drawn) return rank
        }
        return kept - 1
    }

    /** The token of a rank: the values alone are sorted, and of equal ones the ids rise. */
    private fun tokenAt(rank: Int, ranking: DoubleArray, probabilities: DoubleArray): Int {
        var before = rank
        while (before > 0 && ranking[before - 1] == ranking[rank]) before--
        var equals = rank - before
        return probabilities.indices.first { probabilities[it] == ranking[rank] && equals-- == 0 }
    }
}

private const val TWO_TO_MINUS_53 = 1.0 / (1L shl 53)
private const val NEGLIGIBLE = -50.0 // e^−50 times any vocabulary is below the rounding of a sum of 1
