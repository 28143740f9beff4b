package dev.upcall.core.decision.tiers

import dev.upcall.core.InputError

/**
 * A set of tiers.
 *
 * @property tiers all of them, those already asked included; only these means stop.
 * @property nextTier to ask now, the cheapest of those not asked yet, since a later step may stop before the dearer
 *   ones are paid; null means stop.
 * @property value expected quality of the best answer, less the prices of what is not asked yet.
 */
public data class SetChoice(public val tiers: Set<Int>, public val nextTier: Int?, public val value: Double)

/**
 * The sets that may follow what was asked. Made once for a set of tiers asked, then used for every query and price.
 *
 * The rule is open loop: of the sets of tiers that hold the tiers asked, it takes the one whose best answer is worth
 * most for what it costs. The quality of a set is E[max] of its tiers' estimates, jointly Gaussian about what is
 * estimated now. Of the tiers already asked alone it is the best of what is estimated now, for nothing more will be
 * learnt.
 *
 * Source: Dekoninck et al. 2024 (2410.10347), sections 3 and 4. Departures: two tiers in closed form, more on fixed
 * points in place of random samples; the cheapest unasked tier of the set comes next, where the published code takes
 * the first of its list.
 * Vectors: proto/vectors/routing.json
 *
 * @param covariance `[K, K]` of (estimate now − estimate once all have answered), K 1 to 16.
 * @property asked tiers that have answered.
 * @param order only sets that are the first of these tiers, in this order (a cascade); null allows all sets.
 * @throws InputError the covariance is none, or what was asked is no beginning of the order.
 */
public class Supermodels(
    covariance: Array<DoubleArray>,
    public val asked: Set<Int> = emptySet(),
    order: List<Int>? = null,
) {
    private val known = checkedCovariance(covariance)
    private val count = known.size
    private val given = asked.sorted()
    private val rest = (0 until count).filter { it !in asked }
    private val ordered = order?.filter { it !in asked }
    private val theta = if (count == 2) deviationOfDifference(known[0][0], known[1][1], known[0][1]) else 0.0
    private val moves = if (count > 2) moves(known) else null

    init {
        val isBeginning = order == null || order.take(asked.size).toSet() == asked
        if (!isBeginning || !(asked + order.orEmpty()).all { it in 0 until count }) {
            throw InputError(
                "The tiers $given were asked.",
                allowed = "tiers of the covariance, first ones of the order",
            )
        }
    }

    /**
     * The best set for one query; of equal ones the cheapest, then the smallest, then the first.
     *
     * @param means `[K]` what is estimated now.
     * @param prices `[K]` ≥ 0, λ times the cost of each tier, in quality.
     * @param isPruned leave out S ∪ m, and m in all sets that hold S, where m's gain over S is below its price:
     *   E\[max] is submodular, so no best set is lost.
     * @throws InputError there are not as many means or prices as tiers, a mean is not finite, or a price is negative.
     */
    public fun choose(means: DoubleArray, prices: DoubleArray, isPruned: Boolean = true): SetChoice {
        check(means, prices)
        val found = found(means, if (isPruned) prices else null)
        val worth = found.map { (tiers, quality) -> quality - price(tiers, prices) }
        val place =
            bestPlaces(worth).minWith(
                compareBy<Int>({ price(found[it].tiers, prices) }, { found[it].tiers.size })
                    .then { one, other -> inOrder(found[one].tiers, found[other].tiers) },
            )
        val best = found[place].tiers
        return SetChoice(best.toSet(), next(best, prices), worth[place])
    }

    /** Sets that are not pruned, and their quality; no prices prune nothing. */
    internal fun found(means: DoubleArray, prices: DoubleArray?): List<Quality> {
        val moves = moves ?: return ofTwo(means)
        val values = Array(count) { tier -> DoubleArray(moves[tier].size) { means[tier] + moves[tier][it] } }
        val start = Quality(given, given.maxOfOrNull { means[it] } ?: Double.NEGATIVE_INFINITY)
        val best = DoubleArray(values[0].size) { point -> given.maxOfOrNull { values[it][point] } ?: start.value }
        return buildList {
            if (given.isNotEmpty()) add(start)
            if (ordered == null) grow(start, best, rest, values, prices) else climb(ordered, best, values)
        }
    }

    /** The sets that hold one set and candidates more. */
    private fun MutableList<Quality>.grow(
        from: Quality,
        best: DoubleArray,
        candidates: List<Int>,
        values: Array<DoubleArray>,
        prices: DoubleArray?,
    ) {
        val kept =
            candidates.mapNotNull { tier ->
                val joint = greater(best, values[tier])
                val own = joint.average()
                if (prices == null || from.tiers.isEmpty() || own - from.value >= prices[tier]) {
                    Triple(tier, joint, own)
                } else {
                    null
                }
            }
        kept.forEachIndexed { place, (tier, joint, own) ->
            val larger = Quality((from.tiers + tier).sorted(), own)
            add(larger)
            grow(larger, joint, kept.drop(place + 1).map { it.first }, values, prices)
        }
    }

    /** The first tiers of an order, one more each. */
    private fun MutableList<Quality>.climb(order: List<Int>, best: DoubleArray, values: Array<DoubleArray>) {
        var joint = best
        order.forEachIndexed { place, tier ->
            joint = greater(joint, values[tier])
            add(Quality((given + order.take(place + 1)).sorted(), joint.average()))
        }
    }

    private fun ofTwo(means: DoubleArray): List<Quality> {
        val more =
            when {
                ordered != null -> ordered.indices.map { ordered.take(it + 1) }
                rest.size == 2 -> rest.map { listOf(it) } + listOf(rest)
                else -> rest.map { listOf(it) }
            }
        return (listOf(emptyList<Int>()) + more).map { (given + it).sorted() }.filter { it.isNotEmpty() }.map { tiers ->
            val isNew = tiers.size == 2 && given.size < 2
            Quality(tiers, if (isNew) expectedMaxOfTwo(means[0], means[1], theta) else tiers.maxOf { means[it] })
        }
    }

    private fun price(tiers: List<Int>, prices: DoubleArray): Double =
        tiers.sumOf { if (it in asked) 0.0 else prices[it] }

    private fun next(chosen: List<Int>, prices: DoubleArray): Int? =
        ordered?.firstOrNull { it in chosen } ?: chosen.filter { it !in asked }.minByOrNull { prices[it] }

    private fun check(means: DoubleArray, prices: DoubleArray) {
        if (means.size != count || prices.size != count) {
            throw InputError("There are ${means.size} estimates and ${prices.size} prices.", allowed = "$count each")
        }
        if (!means.all { it.isFinite() }) {
            throw InputError("An estimate of quality is not finite.", allowed = "numbers, near 0 to 1")
        }
        if (!prices.all { it >= 0 }) {
            throw InputError("The prices are ${prices.toList()}.", allowed = "0 or more")
        }
    }

    /** Tiers in rising order, and the quality of their best answer. */
    internal data class Quality(val tiers: List<Int>, val value: Double)
}

private fun greater(one: DoubleArray, other: DoubleArray): DoubleArray =
    DoubleArray(one.size) { maxOf(one[it], other[it]) }

/** The order of two lists of one size, by their first difference. */
private fun inOrder(one: List<Int>, other: List<Int>): Int =
    one.indices.map { one[it].compareTo(other[it]) }.firstOrNull { it != 0 } ?: 0
