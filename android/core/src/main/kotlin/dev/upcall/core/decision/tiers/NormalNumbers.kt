package dev.upcall.core.decision.tiers

import dev.upcall.core.InputError
import kotlin.math.PI
import kotlin.math.abs
import kotlin.math.exp
import kotlin.math.ln
import kotlin.math.sqrt

/** φ(0) of the standard normal distribution. */
internal val PEAK: Double = 1 / sqrt(2 * PI)

private const val PAIRS = 512 // of points, each with its mirror image
private const val CERTAIN = 8.3 // Φ is 0 or 1 beyond it, within the last digit of a double
private val PRIMES = intArrayOf(2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53)
private val POINTS = arrayOfNulls<Array<DoubleArray>>(PRIMES.size + 1)

/** φ(z), the density of the standard normal distribution. */
internal fun normalDensity(z: Double): Double = PEAK * exp(-0.5 * z * z)

/**
 * Φ(z), the share of the standard normal distribution below z, within 1e-15.
 *
 * Source: Marsaglia 2004, "Evaluating the normal distribution".
 */
internal fun normalShare(z: Double): Double {
    if (abs(z) > CERTAIN) return if (z > 0) 1.0 else 0.0
    var term = z
    var sum = z
    var before = 0.0
    var odd = 1.0
    while (sum != before) {
        odd += 2
        term *= z * z / odd
        before = sum
        sum += term
    }
    return 0.5 + sum * normalDensity(z)
}

/**
 * Φ⁻¹(p) for p in (0, 1), within 1e-15 of its size.
 *
 * Source: Wichura 1988, algorithm AS 241 (PPND16).
 */
internal fun normalQuantile(p: Double): Double {
    val q = p - 0.5
    if (abs(q) <= 0.425) {
        val r = 0.180625 - q * q
        return q * polynomial(MIDDLE_ABOVE, r) / polynomial(MIDDLE_BELOW, r)
    }
    val r = sqrt(-ln(if (q < 0) p else 1 - p))
    val size =
        if (r <= 5) {
            polynomial(NEAR_ABOVE, r - 1.6) / polynomial(NEAR_BELOW, r - 1.6)
        } else {
            polynomial(FAR_ABOVE, r - 5) / polynomial(FAR_BELOW, r - 5)
        }
    return if (q < 0) -size else size
}

/**
 * Points `[P, D]` spread like independent standard normal numbers, mirror images included, so that their mean is 0.
 *
 * The i-th of P/2 = 512 is Φ⁻¹ of Halton's sequence: in dimension d the digits of i to the base of the d-th prime,
 * mirrored at the point. The same in every language; and an average of maxima over fixed points is submodular as the
 * expectation is, so that pruning stays exact. The arrays are shared and must not be written to.
 *
 * Source: Halton 1960.
 *
 * @throws InputError D is not 1 to 16.
 */
internal fun normalPoints(dimensions: Int): Array<DoubleArray> {
    if (dimensions !in 1..PRIMES.size) {
        throw InputError("There are $dimensions tiers.", allowed = "1 to ${PRIMES.size}")
    }
    return synchronized(POINTS) {
        POINTS[dimensions] ?: spread(dimensions).also { POINTS[dimensions] = it }
    }
}

private fun spread(dimensions: Int): Array<DoubleArray> {
    val half =
        List(PAIRS) { place ->
            DoubleArray(dimensions) { normalQuantile(mirrored(place + 1, PRIMES[it])) }
        }
    val images = half.map { point -> DoubleArray(dimensions) { -point[it] } }
    return (half + images).toTypedArray()
}

private fun mirrored(index: Int, base: Int): Double {
    var rest = index
    var value = 0.0
    var scale = 1.0
    while (rest > 0) {
        scale /= base
        value += rest % base * scale
        rest /= base
    }
    return value
}

/** A polynomial of these coefficients, the highest first. */
private fun polynomial(coefficients: DoubleArray, x: Double): Double =
    coefficients.fold(0.0) { sum, own -> sum * x + own }

private val MIDDLE_ABOVE =
    doubleArrayOf(
        2.5090809287301226727e+3,
        3.3430575583588128105e+4,
        6.7265770927008700853e+4,
        4.5921953931549871457e+4,
        1.3731693765509461125e+4,
        1.9715909503065514427e+3,
        1.3314166789178437745e+2,
        3.3871328727963666080e+0,
    )
private val MIDDLE_BELOW =
    doubleArrayOf(
        5.2264952788528545610e+3,
        2.8729085735721942674e+4,
        3.9307895800092710610e+4,
        2.1213794301586595867e+4,
        5.3941960214247511077e+3,
        6.8718700749205790830e+2,
        4.2313330701600911252e+1,
        1.0,
    )
private val NEAR_ABOVE =
    doubleArrayOf(
        7.74545014278341407640e-4,
        2.27238449892691845833e-2,
        2.41780725177450611770e-1,
        1.27045825245236838258e+0,
        3.64784832476320460504e+0,
        5.76949722146069140550e+0,
        4.63033784615654529590e+0,
        1.42343711074968357734e+0,
    )
private val NEAR_BELOW =
    doubleArrayOf(
        1.05075007164441684324e-9,
        5.47593808499534494600e-4,
        1.51986665636164571966e-2,
        1.48103976427480074590e-1,
        6.89767334985100004550e-1,
        1.67638483018380384940e+0,
        2.05319162663775882187e+0,
        1.0,
    )
private val FAR_ABOVE =
    doubleArrayOf(
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        1.24266094738807843860e-3,
        2.65321895265761230930e-2,
        2.96560571828504891230e-1,
        1.78482653991729133580e+0,
        5.46378491116411436990e+0,
        6.65790464350110377720e+0,
    )
private val FAR_BELOW =
    doubleArrayOf(
        2.04426310338993978564e-15,
        1.42151175831644588870e-7,
        1.84631831751005468180e-5,
        7.86869131145613259100e-4,
        1.48753612908506148525e-2,
        1.36929880922735805310e-1,
        5.99832206555887937690e-1,
        1.0,
    )
