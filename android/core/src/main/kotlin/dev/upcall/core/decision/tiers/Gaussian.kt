package dev.upcall.core.decision.tiers

import dev.upcall.core.InputError
import kotlin.math.abs
import kotlin.math.exp
import kotlin.math.sqrt

internal const val TINY: Double = 1e-12 // below it a deviation is none

// Abramowitz and Stegun 26.2.17: Φ(−z) = φ(z) Σ b_i t^i with t = 1 / (1 + p z), within 7.5e-8.
private const val P = 0.2316419
private const val B1 = 0.319381530
private const val B2 = -0.356563782
private const val B3 = 1.781477937
private const val B4 = -1.821255978
private const val B5 = 1.330274429

/** θ = √(σ₁² + σ₂² − 2 cov), 0 where rounding makes the square negative. */
public fun deviationOfDifference(variance: Double, other: Double, covariance: Double): Double =
    sqrt(maxOf(0.0, variance + other - 2 * covariance))

/**
 * E[max(X, Y)] of two jointly Gaussian numbers, exactly.
 *
 * It is μ₁Φ(a) + μ₂Φ(−a) + θφ(a) with a = (μ₁ − μ₂)/θ, and the greater mean where θ is 0.
 *
 * Source: Clark 1961; in Dekoninck et al. 2024 (2410.10347) it is sampled.
 * Vectors: proto/vectors/routing.json
 *
 * @param mean μ₁.
 * @param other μ₂.
 * @param deviation θ ≥ 0, of X − Y; see [deviationOfDifference].
 * @throws InputError the deviation is negative, or a number is not finite.
 */
public fun expectedMaxOfTwo(mean: Double, other: Double, deviation: Double): Double {
    if (!(deviation >= 0 && (mean + other + deviation).isFinite())) {
        throw InputError(
            "The estimates $mean, $other ± $deviation are not usable.",
            allowed = "finite, deviation ≥ 0",
        )
    }
    if (deviation < TINY) return maxOf(mean, other)
    val ratio = (mean - other) / deviation
    val above = normalShare(ratio)
    return mean * above + other * (1 - above) + deviation * normalDensity(ratio)
}

/**
 * E[max(0, X)] of X ~ N(margin, deviation²), within 3e-7 deviations.
 *
 * It is what is gained over a certain quality by an estimate that stands [margin] above it: Clark's E[max] less one of
 * the two.
 */
public fun expectedExcess(margin: Double, deviation: Double): Double {
    val theta = maxOf(deviation, TINY)
    val size = abs(margin) / theta
    val t = 1 / (1 + P * size)
    val tail = t * (B1 + t * (B2 + t * (B3 + t * (B4 + t * B5))))
    return maxOf(margin, 0.0) + PEAK * theta * exp(-0.5 * size * size) * (1 - size * tail)
}

/**
 * E[max] of K jointly Gaussian estimates: exact for one and two, on 1,024 fixed points for more.
 *
 * It is within 0.003 of the largest deviation for K = 3, 0.006 for 5 and 0.02 for 11 (measured on random covariances).
 *
 * Vectors: proto/vectors/routing.json
 *
 * @param means `[K]`, K 1 to 16.
 * @param covariance `[K, K]`.
 * @throws InputError shapes differ, or the covariance is none.
 */
public fun expectedMax(means: DoubleArray, covariance: Array<DoubleArray>): Double {
    val known = checkedCovariance(covariance)
    if (means.size != known.size || !means.all { it.isFinite() }) {
        throw InputError("${means.size} means stand beside a covariance of ${known.size}.", allowed = "as many, finite")
    }
    if (means.size == 1) return means[0]
    if (means.size == 2) {
        val theta = deviationOfDifference(known[0][0], known[1][1], known[0][1])
        return expectedMaxOfTwo(means[0], means[1], theta)
    }
    val moves = moves(known)
    return moves[0].indices.sumOf { point -> means.indices.maxOf { means[it] + moves[it][point] } } / moves[0].size
}

/** `[K, P]`: how far each of K ≥ 1 estimates will move, at each of the fixed points. */
internal fun moves(covariance: Array<DoubleArray>): Array<DoubleArray> {
    val lower = factor(covariance)
    val points = normalPoints(covariance.size)
    return Array(lower.size) { tier ->
        DoubleArray(points.size) { point -> (0..tier).sumOf { lower[tier][it] * points[point][it] } }
    }
}

/**
 * K estimates once one of them is known.
 *
 * @property means `[K]`, that of the known one its value.
 * @property covariance `[K, K]`, row and column of the known one 0.
 */
public class Posterior(public val means: DoubleArray, public val covariance: Array<DoubleArray>)

/**
 * K estimates once one of them is known: μ + Σ_k (x − μ_k)/σ_k² and Σ − Σ_k Σ_kᵀ/σ_k².
 *
 * Source: conditioning of a joint Gaussian, for example Bishop 2006, equations 2.81 and 2.82.
 * Vectors: proto/vectors/routing.json
 *
 * @param means `[K]`.
 * @param covariance `[K, K]`.
 * @param tier which is known.
 * @param value what it turned out to be. Of a tier without deviation it tells nothing of the others.
 * @throws InputError the covariance is none, or shapes differ.
 */
public fun posterior(means: DoubleArray, covariance: Array<DoubleArray>, tier: Int, value: Double): Posterior {
    val known = checkedCovariance(covariance)
    if (means.size != known.size || tier !in means.indices) {
        throw InputError(
            "${means.size} means and tier $tier stand beside a covariance of ${known.size}.",
            allowed = "as many means, a tier among them",
        )
    }
    val row = known[tier]
    val slope = DoubleArray(row.size) { if (row[tier] > TINY) row[it] / row[tier] else 0.0 }
    val after = DoubleArray(row.size) { if (it == tier) value else means[it] + slope[it] * (value - means[tier]) }
    val left =
        Array(row.size) { one ->
            DoubleArray(row.size) { if (one == tier || it == tier) 0.0 else known[one][it] - slope[one] * row[it] }
        }
    return Posterior(after, left)
}
