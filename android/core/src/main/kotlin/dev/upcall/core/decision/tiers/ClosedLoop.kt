package dev.upcall.core.decision.tiers

import dev.upcall.core.InputError
import kotlin.math.sqrt

private const val EXACT_TIERS = 3
private const val NO_VARIANCE = 1e-12 // an answer that resolves no more tells nothing

/**
 * The next step of a query.
 *
 * @property nextTier to ask; null means stop.
 * @property value expected quality of the answer in the end, less the prices of what is asked on the way.
 * @property values of each tier asked next, in the order of [ClosedLoop.rest].
 */
public data class StepChoice(public val nextTier: Int?, public val value: Double, public val values: List<Double>)

/**
 * The covariances after each set of tiers, where a tier that has answered is known and the others follow from it.
 *
 * @throws InputError the covariance is none.
 */
public fun revealing(covariance: Array<DoubleArray>): (Set<Int>) -> Array<DoubleArray> {
    val start = checkedCovariance(covariance)
    val anything = DoubleArray(start.size)
    return { asked -> asked.sorted().fold(start) { left, tier -> posterior(anything, left, tier, 0.0).covariance } }
}

/**
 * The worth of stopping and of asking each tier next, by Bellman's equation. Made once for a set of tiers asked.
 *
 * The rule is closed loop: a good answer makes dearer tiers unnecessary, so a tier is charged only when it is asked.
 * V_A = max(best estimate of A, max_k −price_k + E[V_{A ∪ k}]). Asking k moves all estimates along one direction: its
 * own by the deviation that its answer resolves, the others by their covariance with that. Exact in this model for K ≤
 * 3, and wherever at most two tiers are left; beyond, what follows the next tier is to stop or to ask one more.
 *
 * Source: Bellman 1957 on the supermodels of Dekoninck et al. 2024 (2410.10347), whose value is open loop: a set is
 * charged whole although one may stop early. Where estimates are independent it is Weitzman's (1979) index rule.
 * Vectors: proto/vectors/routing.json
 *
 * @param covariance of a set of tiers asked, `[K, K]` of (estimate then − estimate once all have answered); asked for
 *   [asked] and for the sets that hold one or two tiers more. See [revealing] for one matrix.
 * @param tiers K.
 * @property asked tiers that have answered.
 * @param noise of a step.
 * @throws InputError a covariance is none or of another size, or what was asked is no tier.
 */
public class ClosedLoop(
    covariance: (Set<Int>) -> Array<DoubleArray>,
    tiers: Int,
    public val asked: Set<Int> = emptySet(),
    private val noise: Noise = GaussianNoise(),
) {
    /** The tiers that have not answered. */
    public val rest: List<Int> = (0 until tiers).filter { it !in asked }

    private val count = tiers
    private val given = asked.sorted()
    private val points = noise.points
    private val weights = noise.weights
    private val covariances = Covariances(covariance, tiers)
    private val isDeep = rest.size == EXACT_TIERS && tiers == EXACT_TIERS
    private val next: List<Next>

    /** A tier that may be asked next: how far its answer moves each estimate `[K]`, and what may follow it. */
    private class Next(val tier: Int, val shifts: DoubleArray, val followers: List<Follower>)

    /** A tier asked after another: the deviation of its margin, and where a third may follow, what its answer moves. */
    private class Follower(val tier: Int, val theta: Double, val third: Third?)

    private class Third(val tier: Int, val shifts: DoubleArray, val theta: Double)

    init {
        if (!asked.all { it in 0 until tiers }) {
            throw InputError("The tiers $given were asked.", allowed = "0 to ${tiers - 1}")
        }
        next = if (rest.size < 2) emptyList() else rest.map { step(it) }
        if (rest.isNotEmpty() && given.isNotEmpty()) covariances.of(asked) // checks
    }

    private fun step(first: Int): Next {
        val after = asked + first
        val followers =
            (rest - first).map { second ->
                Follower(second, covariances.theta(after, second, first), if (isDeep) third(after, second) else null)
            }
        return Next(first, covariances.shift(asked, first), followers)
    }

    private fun third(after: Set<Int>, second: Int): Third {
        val tier = (rest - after - second).single()
        return Third(tier, covariances.shift(after, second), covariances.theta(after + second, tier, second))
    }

    /**
     * Choose the next step of one query; of equal values stop, else the cheapest, then the first.
     *
     * @param means `[K]` what is estimated now.
     * @param prices `[K]` ≥ 0, λ times the cost of each tier, in quality.
     * @throws InputError there are not as many means or prices as tiers, a mean is not finite, or a price is negative.
     */
    public fun choose(means: DoubleArray, prices: DoubleArray): StepChoice {
        val values = values(means, prices)
        val stop = given.maxOfOrNull { means[it] } ?: Double.NEGATIVE_INFINITY
        val best = bestPlaces(listOf(stop) + values)
        if (best[0] == 0) return StepChoice(null, stop, values)
        val place = best.map { it - 1 }.minBy { prices[rest[it]] }
        return StepChoice(rest[place], values[place], values)
    }

    /**
     * The value of asking each tier of [rest] next; see [choose].
     *
     * @throws InputError as [choose].
     */
    public fun values(means: DoubleArray, prices: DoubleArray): List<Double> {
        if (means.size != count || !means.all { it.isFinite() }) {
            throw InputError("The ${means.size} estimates are not usable.", allowed = "$count finite numbers")
        }
        if (prices.size != count || !prices.all { it >= 0 }) {
            throw InputError("The prices are ${prices.toList()}.", allowed = "$count, 0 or more")
        }
        if (next.isEmpty()) return rest.map { oneMore(it, means) - prices[it] }
        return next.map { one ->
            points.indices.sumOf { weights[it] * after(one, points[it], means, prices) } - prices[one.tier]
        }
    }

    /** E[max] of the best so far and one tier more. */
    private fun oneMore(tier: Int, means: DoubleArray): Double {
        val best = given.maxByOrNull { means[it] } ?: return means[tier]
        return means[best] + noise.excess(means[tier] - means[best], covariances.theta(asked, tier, best))
    }

    /** What the best choice is worth after a tier's answer [point] deviations above what was estimated. */
    private fun after(one: Next, point: Double, means: DoubleArray, prices: DoubleArray): Double {
        var best = means[one.tier] + one.shifts[one.tier] * point
        for (tier in given) best = maxOf(best, means[tier] + one.shifts[tier] * point)
        var value = best
        for (follower in one.followers) {
            val second = means[follower.tier] + one.shifts[follower.tier] * point
            val third = follower.third
            val own =
                if (third == null) {
                    best + noise.excess(second - best, follower.theta)
                } else {
                    val moved = means[third.tier] + one.shifts[third.tier] * point
                    afterSecond(follower.tier, third, second, moved, best, prices)
                }
            value = maxOf(value, own - prices[follower.tier])
        }
        return value
    }

    /** What it is worth to ask the second tier, then to stop or to ask the third. */
    private fun afterSecond(
        tier: Int,
        third: Third,
        its: Double,
        thirds: Double,
        best: Double,
        prices: DoubleArray,
    ): Double = points.indices.sumOf {
        val better = maxOf(its + third.shifts[tier] * points[it], best)
        val margin = thirds + third.shifts[third.tier] * points[it] - better
        weights[it] * (better + maxOf(noise.excess(margin, third.theta) - prices[third.tier], 0.0))
    }
}

/** The checked covariances after sets of tiers. */
private class Covariances(private val covariance: (Set<Int>) -> Array<DoubleArray>, private val tiers: Int) {
    private val known = HashMap<Set<Int>, Array<DoubleArray>>()

    fun of(asked: Set<Int>): Array<DoubleArray> = known.getOrPut(asked) {
        checkedCovariance(covariance(asked)).also {
            if (it.size != tiers) throw InputError("The covariance is of ${it.size} tiers.", allowed = "$tiers")
        }
    }

    fun theta(asked: Set<Int>, tier: Int, other: Int): Double {
        val own = of(asked)
        return deviationOfDifference(own[tier][tier], own[other][other], own[tier][other])
    }

    /** `[K]`: how far each estimate moves when the tier answers one deviation above what was estimated. */
    fun shift(asked: Set<Int>, tier: Int): DoubleArray {
        val now = of(asked)
        val then = of(asked + tier)
        val resolved = DoubleArray(tiers) { now[tier][it] - then[tier][it] }
        if (resolved[tier] <= NO_VARIANCE) return DoubleArray(tiers)
        return DoubleArray(tiers) { resolved[it] / sqrt(resolved[tier]) }
    }
}
