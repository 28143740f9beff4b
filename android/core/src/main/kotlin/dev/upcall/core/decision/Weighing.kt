package dev.upcall.core.decision

import dev.upcall.core.InputError
import kotlin.math.exp
import kotlin.math.ln
import kotlin.math.min

private const val LEAST = 1e-6
private const val MOST = 1 - 1e-6

/** What moved the threshold. */
public enum class Weight {
    QUALITY_LEVEL,
    CALL,
    METERED,
    LOW_BATTERY,
    HEAT,
    ;

    /** The word of the vectors. */
    public val value: String get() = name.lowercase()
}

/**
 * What circumstances are worth, in probability that the answer is right, each 0 to 1.
 *
 * A router calls when that gains more than it costs (arXiv 2410.10347, eq. 2, with one cost for each circumstance). The default of
 * .1 says: on a metered network, call only where the device is less sure by ten percentage points.
 *
 * @property call of every call.
 * @property metered of a call over a network that charges by volume.
 * @property lowBattery of an answer of the device on a battery of 20 % or less.
 * @property heat of an answer of the device while its system slows it down.
 * @throws InputError a price outside its range.
 */
public data class Prices(
    public val call: Double = 0.0,
    public val metered: Double = 0.1,
    public val lowBattery: Double = 0.1,
    public val heat: Double = 0.1,
) {
    init {
        for (price in listOf(call, metered, lowBattery, heat)) {
            if (price !in 0.0..1.0) throw InputError("A price of a circumstance is $price.", allowed = "0 to 1")
        }
    }
}

/**
 * One shift of the threshold.
 *
 * @property weight what caused it.
 * @property change in probability; above 0 it calls more often.
 */
public data class Adjustment(public val weight: Weight, public val change: Double)

/**
 * Refuse what is no quality level.
 *
 * @throws InputError it is outside 0 to 1.
 */
public fun checkQualityLevel(level: Double?) {
    if (level != null && level !in 0.0..1.0) {
        throw InputError("The quality level is $level.", allowed = "0 to 1; 0.5 is as calibrated")
    }
}

/**
 * What shifts a threshold, in the order of [Weight]; shifts of 0 are left out.
 *
 * @param threshold as calibrated, nats.
 * @param qualityLevel 0 to 1. Below ½ the probability that the answer must reach falls in proportion, to 0; above, it rises to 1.
 *   Null and ½ change nothing.
 * @param prices of the circumstances.
 * @param device as it is now.
 */
public fun adjustments(
    threshold: Double,
    qualityLevel: Double?,
    prices: Prices,
    device: DeviceState,
): List<Adjustment> {
    val probability = exp(min(threshold, 0.0))
    return listOf(
        Adjustment(Weight.QUALITY_LEVEL, levelled(probability, qualityLevel ?: 0.5) - probability),
        Adjustment(Weight.CALL, -prices.call),
        Adjustment(Weight.METERED, if (device.network == Network.METERED) -prices.metered else 0.0),
        Adjustment(Weight.LOW_BATTERY, if (device.hasLowBattery) prices.lowBattery else 0.0),
        Adjustment(Weight.HEAT, if (device.isHot) prices.heat else 0.0),
    ).filter { it.change != 0.0 }
}

/** The threshold after the shifts, nats: ln(clamp(exp(threshold) + Σ changes, 10⁻⁶, 1 − 10⁻⁶)); itself without shifts. */
public fun adjusted(threshold: Double, shifts: List<Adjustment>): Double {
    if (shifts.isEmpty()) return threshold
    return ln((exp(min(threshold, 0.0)) + shifts.sumOf { it.change }).coerceIn(LEAST, MOST))
}

private fun levelled(probability: Double, level: Double): Double = when {
    level == 0.5 -> probability
    level < 0.5 -> probability * 2 * level
    else -> probability + (1 - probability) * (2 * level - 1)
}
