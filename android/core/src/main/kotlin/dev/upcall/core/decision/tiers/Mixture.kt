package dev.upcall.core.decision.tiers

import dev.upcall.core.InputError

/**
 * A price, and what to do where it makes tiers equal: optimal routing before any answer.
 *
 * Source: Dekoninck et al. 2024 (2410.10347), section 2. Departure: their published code swaps the two shares.
 * Vectors: proto/vectors/routing.json
 *
 * @property price λ ≥ 0, quality given for a unit of cost.
 * @property dearShare in `[0, 1]`, probability of the dearest of equal tiers; else the cheapest.
 * @throws InputError a number is out of range.
 */
public data class Mixture(public val price: Double, public val dearShare: Double) {
    init {
        if (!(price >= 0) || dearShare !in 0.0..1.0) {
            throw InputError(
                "The price is $price, the share $dearShare.",
                allowed = "a price of 0 or more, a share of 0 to 1",
            )
        }
    }

    /**
     * The tier for one query.
     *
     * @param qualities `[K]` expected.
     * @param costs `[K]` ≥ 0.
     * @param draw in `[0, 1)`, uniform, of the query's own.
     * @throws InputError there are not as many qualities as costs, or none, or a number is not finite.
     */
    public fun choose(qualities: DoubleArray, costs: DoubleArray, draw: Double): Int {
        val best = bestTiers(qualities, costs, price)
        return if (draw < dearShare) best.dear else best.cheap
    }
}

/** The cheapest and the dearest of equal tiers. */
public data class BestTiers(public val cheap: Int, public val dear: Int)

/**
 * The cheapest and the dearest tier of greatest quality − price · cost, for one query.
 *
 * @param qualities `[K]` expected.
 * @param costs `[K]` ≥ 0.
 * @throws InputError shapes differ, there is no tier, or a number is not finite.
 */
public fun bestTiers(qualities: DoubleArray, costs: DoubleArray, price: Double): BestTiers {
    if (qualities.size != costs.size || costs.isEmpty()) {
        throw InputError("${qualities.size} qualities stand beside ${costs.size} costs.", allowed = "as many, ≥ 1")
    }
    if (!qualities.all { it.isFinite() } || !costs.all { it.isFinite() && it >= 0 }) {
        throw InputError("A quality or a cost is not usable.", allowed = "finite numbers, costs 0 or more")
    }
    val order = costs.indices.sortedBy { costs[it] }
    val best = bestPlaces(order.map { qualities[it] - price * costs[it] })
    return BestTiers(cheap = order[best.first()], dear = order[best.last()])
}

/**
 * The price and the share by which N queries spend the budget exactly, at the greatest expected quality.
 *
 * The greatest expected quality is that of a linear programme; its solution climbs each query's upper hull of (cost,
 * quality) in the order of falling slopes until the budget is spent. The slope of the last step is the price; queries
 * that have a step of that slope share what is left, with P(dear) = (B − c_cheap) / (c_dear − c_cheap).
 *
 * @param qualities `[N, K]` expected.
 * @param costs `[K]` ≥ 0, a query.
 * @param budget B, mean cost a query. Where it is more than the best tiers cost, the price is 0 and less is spent.
 * @throws InputError shapes differ, there is no query, a number is not finite, or the budget is below the cheapest
 *   tier.
 */
public fun fitMixture(qualities: List<DoubleArray>, costs: DoubleArray, budget: Double): Mixture {
    if (qualities.isEmpty()) throw InputError("There is no query.", allowed = "1 or more")

    fun spent(price: Double, one: (BestTiers) -> Int): Double =
        qualities.sumOf { costs[one(bestTiers(it, costs, price))] } / qualities.size

    val free = spent(0.0, BestTiers::cheap) // checks
    if (!(budget >= costs.min() - 1e-12)) {
        throw InputError(
            "The budget $budget a query is below what the cheapest tier costs.",
            allowed = "${costs.min()} or more",
        )
    }
    val slopes = qualities.flatMap { slopes(it, costs) }.distinct().sortedDescending()
    if (free <= budget || slopes.isEmpty()) return Mixture(0.0, 0.0)
    var low = 0
    var high = slopes.lastIndex // spending never falls as the price does
    while (low < high) {
        val middle = (low + high) / 2
        if (spent(slopes[middle], BestTiers::dear) >= budget - 1e-15) high = middle else low = middle + 1
    }
    val below = spent(slopes[low], BestTiers::cheap)
    val above = spent(slopes[low], BestTiers::dear)
    val share = if (above > below) ((budget - below) / (above - below)).coerceIn(0.0, 1.0) else 0.0
    return Mixture(slopes[low], share)
}

/**
 * Places of the vertices by rising cost, from the cheapest (the best of those) to the best: what mixing cannot better.
 *
 * Source: Andrew 1979, the monotone chain.
 *
 * @param costs `[K]` ≥ 0.
 * @param qualities `[K]`.
 */
public fun upperHull(costs: DoubleArray, qualities: DoubleArray): List<Int> {
    val hull = ArrayList<Int>()
    for (place in costs.indices.sortedWith(compareBy({ costs[it] }, { -qualities[it] }))) {
        if (hull.isNotEmpty() && qualities[place] <= qualities[hull.last()]) continue
        while (hull.size > 1 && isBelow(hull.last(), hull[hull.size - 2], place, costs, qualities)) {
            hull.removeAt(hull.lastIndex)
        }
        hull += place
    }
    return hull
}

/** Whether a point lies on or under the line through two others. */
private fun isBelow(middle: Int, left: Int, right: Int, costs: DoubleArray, qualities: DoubleArray): Boolean {
    val rise = (qualities[right] - qualities[left]) * (costs[middle] - costs[left])
    return (qualities[middle] - qualities[left]) * (costs[right] - costs[left]) <= rise
}

/** Slopes of the upper hull of (cost, quality), falling from the cheapest tier to the best: at most K − 1. */
private fun slopes(qualities: DoubleArray, costs: DoubleArray): List<Double> =
    upperHull(costs, qualities).zipWithNext { low, high ->
        (qualities[high] - qualities[low]) / (costs[high] - costs[low])
    }
