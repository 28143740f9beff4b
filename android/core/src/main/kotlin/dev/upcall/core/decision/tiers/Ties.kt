package dev.upcall.core.decision.tiers

/**
 * Values, in quality, that differ by no more are equal.
 *
 * It is far below any difference that matters, and far above what rounding leaves: of a price, which is a quotient, or
 * of sums that another language takes in another order.
 */
public const val TIE: Double = 1e-9

/**
 * Places of the values that are equal to the greatest of them; at least one value is needed.
 *
 * All are compared with the greatest, and never one after another, so that their order decides nothing.
 */
public fun bestPlaces(values: List<Double>): List<Int> {
    val least = values.max() - TIE
    return values.indices.filter { values[it] >= least }
}
