package dev.upcall.core.decision

import dev.upcall.core.InputError
import kotlin.math.max
import kotlin.math.min

private const val DAY_S = 86_400.0

/**
 * A token bucket: so much a day, all of it at once if need be, and then as it refills.
 *
 * Vectors: proto/vectors/decision.json
 *
 * @property perDay what it holds when full and gains in a day, ≥ 0.
 * @property left what is in it, at most [perDay]; below 0 where more was taken than was known beforehand.
 * @property updatedAtS when that was so, seconds since 1970.
 * @throws InputError a number is not finite or outside its range.
 */
public data class Bucket(public val perDay: Double, public val left: Double, public val updatedAtS: Double) {
    init {
        for ((name, value) in listOf("perDay" to perDay, "left" to left, "updatedAtS" to updatedAtS)) {
            if (!value.isFinite()) throw InputError("The budget's $name is $value.", allowed = "a finite number")
        }
        if (perDay < 0 || left > perDay) {
            throw InputError("The budget has $left of $perDay left.", allowed = "at most all of it")
        }
    }

    /** As it is at that time. A clock that was set back refills nothing and takes nothing. */
    public fun at(nowS: Double): Bucket {
        val gained = max(0.0, nowS - updatedAtS) * perDay / DAY_S
        return copy(left = min(perDay, left + gained), updatedAtS = nowS)
    }

    /** After so much was taken at that time; a negative amount is given back. */
    public fun taken(amount: Double, nowS: Double): Bucket {
        val refilled = at(nowS)
        return refilled.copy(left = min(perDay, refilled.left - amount))
    }

    public companion object {
        /** One from which nothing was taken. */
        public fun full(perDay: Double, nowS: Double): Bucket = Bucket(perDay, perDay, nowS)
    }
}

/**
 * What the cloud charges, in the currency of the money budget, each ≥ 0.
 *
 * @throws InputError a price is negative or not finite.
 */
public data class CallPrices(
    public val perCall: Double = 0.0,
    public val perMillionInputTokens: Double = 0.0,
    public val perMillionOutputTokens: Double = 0.0,
) {
    init {
        for (price in listOf(perCall, perMillionInputTokens, perMillionOutputTokens)) {
            if (!price.isFinite() || price < 0) throw InputError("A price is $price.", allowed = "0 or more")
        }
    }

    /** Of one call. */
    public fun cost(inputTokens: Int, outputTokens: Int): Double =
        perCall + (perMillionInputTokens * inputTokens + perMillionOutputTokens * outputTokens) / 1e6
}

/**
 * What the decision may know of the budget. Null is no limit.
 *
 * @property callsLeft may be a fraction, since buckets refill all the time.
 * @property moneyLeft in the currency of the prices.
 * @property callCost what this call may cost at most, in the same currency.
 */
public data class BudgetState(
    public val callsLeft: Double? = null,
    public val moneyLeft: Double? = null,
    public val callCost: Double = 0.0,
) {
    /** Whether one more call is too much. */
    public val isSpent: Boolean
        get() = (callsLeft != null && callsLeft < 1) || (moneyLeft != null && moneyLeft < max(callCost, 0.0))

    public companion object {
        /** Nothing may be spent. */
        public val SPENT: BudgetState = BudgetState(callsLeft = 0.0)
    }
}
