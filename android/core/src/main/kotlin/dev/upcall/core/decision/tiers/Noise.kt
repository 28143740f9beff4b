package dev.upcall.core.decision.tiers

import dev.upcall.core.InputError
import kotlin.math.abs

/** How an estimate moves when a tier answers, in units of its deviation: mean 0, variance about 1. */
public interface Noise {
    /** `[n]` values. */
    public val points: DoubleArray

    /** `[n]` their probabilities. */
    public val weights: DoubleArray

    /** E[max(0, margin + deviation · noise)]. */
    public fun excess(margin: Double, deviation: Double): Double
}

/**
 * Normal: the last step in closed form, those before it on n equally likely parts, each at its mean.
 *
 * Parts at their means keep the expectation exact and make no estimate better informed than it is, so that no value is
 * above the true one by more than rounding; the points lie close where decisions turn, in the middle. With 16 parts and
 * three tiers values are within 0.011 deviations of those with 96, and a choice costs at most 0.0003 of quality
 * (measured on 1,200 random queries); Gauss–Hermite's 16 points cost 0.0024.
 *
 * @param count n ≥ 1.
 */
public class GaussianNoise(count: Int = 16) : Noise {
    override val points: DoubleArray = parts(count)
    override val weights: DoubleArray = DoubleArray(count) { 1.0 / count }

    override fun excess(margin: Double, deviation: Double): Double = expectedExcess(margin, deviation)
}

/**
 * Some values with some probabilities, for which every step is exact.
 *
 * @throws InputError the weights are no probabilities, or the mean is not 0.
 */
public class DiscreteNoise(override val points: DoubleArray, override val weights: DoubleArray) : Noise {
    init {
        if (points.size != weights.size || weights.any { it < 0 } || !(abs(weights.sum() - 1) <= 1e-9)) {
            throw InputError("The weights of the noise are no probabilities.", allowed = "[n], 0 or more, 1 in all")
        }
        val mean = points.indices.sumOf { points[it] * weights[it] }
        if (!(abs(mean) <= 1e-9)) throw InputError("The mean of the noise is $mean.", allowed = "0")
    }

    override fun excess(margin: Double, deviation: Double): Double =
        points.indices.sumOf { maxOf(margin + deviation * points[it], 0.0) * weights[it] }
}

/** The means of n equally likely parts of the standard normal distribution. */
private fun parts(count: Int): DoubleArray {
    val edges =
        DoubleArray(count + 1) {
            if (it == 0 || it == count) 0.0 else normalDensity(normalQuantile(it.toDouble() / count))
        }
    return DoubleArray(count) { count * (edges[it] - edges[it + 1]) }
}
