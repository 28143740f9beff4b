package dev.upcall.core.decision.tiers

import dev.upcall.core.InputError
import java.util.Random
import kotlin.math.sqrt
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

class MixtureTest {
    /** What the linear programme reaches, by its dual: the least of λB + mean max(quality − λ cost) lies at a kink. */
    private fun optimum(qualities: List<DoubleArray>, costs: DoubleArray, budget: Double): Double {
        val prices =
            costs.indices
                .flatMap { dear -> costs.indices.map { dear to it } }
                .filter { (dear, cheap) -> costs[dear] > costs[cheap] }
                .flatMap { (dear, cheap) -> qualities.map { (it[dear] - it[cheap]) / (costs[dear] - costs[cheap]) } }
                .filter { it > 0 }
        return (prices + 0.0).minOf { price ->
            price * budget + qualities.map { row -> row.indices.maxOf { row[it] - price * costs[it] } }.average()
        }
    }

    @Test
    fun `the value is that of the linear programme and the budget is spent`() {
        val random = Random(0)
        var mixed = 0
        repeat(400) { number ->
            val isCoarse = number % 2 == 1 // equal estimates are common in one half
            val tiers = 2 + random.nextInt(2)
            val qualities =
                List(1 + random.nextInt(6)) {
                    DoubleArray(tiers) { if (isCoarse) random.nextInt(3) / 2.0 else random.nextDouble() }
                }
            val costs = DoubleArray(tiers) { if (isCoarse) random.nextInt(4) / 3.0 else random.nextDouble() }
            val budget = costs.min() + (costs.max() + 0.1 - costs.min()) * random.nextDouble()
            val mixture = fitMixture(qualities, costs, budget)

            fun mean(own: (Int, DoubleArray) -> Double): Double = qualities.sumOf { row ->
                val best = bestTiers(row, costs, mixture.price)
                (1 - mixture.dearShare) * own(best.cheap, row) + mixture.dearShare * own(best.dear, row)
            } / qualities.size
            assertNear(optimum(qualities, costs, budget), mean { tier, row -> row[tier] }, 1e-8)
            val most = qualities.sumOf { costs[bestTiers(it, costs, 0.0).cheap] } / qualities.size
            assertNear(minOf(budget, most), mean { tier, _ -> costs[tier] }, 1e-9)
            if (mixture.dearShare > 0 && mixture.dearShare < 1) mixed++
        }
        assertTrue(mixed > 60)
    }

    @Test
    fun `exact ties spend the budget`() {
        val random = Random(1)
        val costs = doubleArrayOf(0.1, 1.0)
        val row = doubleArrayOf(0.5, 0.8)
        val mixture = fitMixture(List(10) { row }, costs, budget = 0.3)
        assertNear((0.3 - 0.1) / (1.0 - 0.1), mixture.dearShare, 1e-12)
        val spent = List(4000) { costs[mixture.choose(row, costs, random.nextDouble())] }
        val error = 0.9 * sqrt(mixture.dearShare * (1 - mixture.dearShare) / spent.size)
        assertNear(0.3, spent.average(), 3 * error) // the published code would spend 0.8
    }

    @Test
    fun `a price takes the best and of equal ones by the draw`() {
        val three = Mixture(0.5, 0.25).choose(doubleArrayOf(0.5, 0.9, 0.7), doubleArrayOf(0.0, 1.0, 0.2), draw = 0.9)
        assertEquals(2, three)
        val equal = Mixture(0.3, 0.25)
        val drawn =
            listOf(0.0, 0.24, 0.25, 0.9).map { draw ->
                equal.choose(doubleArrayOf(0.5, 0.8), doubleArrayOf(0.0, 1.0), draw)
            }
        assertEquals(listOf(1, 1, 0, 0), drawn)
    }

    @Test
    fun `what is not usable is refused`() {
        fun fit(row: DoubleArray, costs: DoubleArray, budget: Double) = fitMixture(listOf(row), costs, budget)
        val row = doubleArrayOf(0.1, 0.2)
        assertFailsWith<InputError> { fit(row, doubleArrayOf(0.5, 1.0), 0.49) }
        assertFailsWith<InputError> { fit(row, doubleArrayOf(0.5, 1.0), Double.NaN) }
        assertFailsWith<InputError> { fit(row, doubleArrayOf(0.5), 1.0) }
        assertFailsWith<InputError> { fit(row, doubleArrayOf(-0.5, 1.0), 1.0) }
        assertFailsWith<InputError> { fit(doubleArrayOf(0.1, Double.NaN), doubleArrayOf(0.5, 1.0), 1.0) }
        assertFailsWith<InputError> { fitMixture(emptyList(), doubleArrayOf(0.5), 1.0) }
        for ((price, share) in listOf(-1.0 to 0.5, 1.0 to 1.5, Double.NaN to 0.5, 1.0 to Double.NaN)) {
            assertFailsWith<InputError> { Mixture(price, share) }
        }
    }

    @Test
    fun `a budget below the cheapest by rounding alone spends the cheapest`() {
        assertEquals(Mixture(0.0, 0.0), fitMixture(listOf(doubleArrayOf(0.5, 0.9)), doubleArrayOf(1.0, 1.0), 1 - 1e-13))
    }

    @Test
    fun `the hull by hand`() {
        val costs = doubleArrayOf(1.0, 2.0, 3.0, 4.0, 1.0)
        assertEquals(listOf(0, 2), upperHull(costs, doubleArrayOf(0.2, 0.25, 0.6, 0.55, 0.1)))
        assertEquals(listOf(0, 1, 2), upperHull(costs.copyOf(3), doubleArrayOf(0.2, 0.5, 0.6)))
        assertEquals(listOf(0), upperHull(doubleArrayOf(1.0, 2.0), doubleArrayOf(0.5, 0.5)))
    }

    @Test
    fun `of equal tiers the cheapest`() {
        val best = bestTiers(doubleArrayOf(0.5, 0.5, 0.5), doubleArrayOf(3.0, 1.0, 2.0), price = 0.0)
        assertEquals(BestTiers(cheap = 1, dear = 0), best)
    }
}
