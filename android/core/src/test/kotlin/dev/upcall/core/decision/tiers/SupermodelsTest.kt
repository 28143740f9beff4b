package dev.upcall.core.decision.tiers

import dev.upcall.core.InputError
import java.util.Random
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

class SupermodelsTest {
    private class Instance(random: Random, tiers: Int) {
        val spread = random.covariance(tiers)
        val means = random.uniform(0.3, 0.9, tiers)
        val prices = random.uniform(0.0, 0.15, tiers)
    }

    /** Every set that holds those asked, by its definition on the same points. */
    private fun bruteForce(case: Instance, asked: Set<Int>): Pair<Set<Int>, Double> {
        val count = case.means.size
        val moves = moves(case.spread)
        val drawn = moves[0].indices.map { point -> DoubleArray(count) { case.means[it] + moves[it][point] } }
        val sets = (1 until (1 shl count)).map { bits -> (0 until count).filter { bits shr it and 1 == 1 }.toSet() }
        return sets
            .filter { it.containsAll(asked) }
            .map { tiers ->
                val quality =
                    if (tiers == asked) {
                        tiers.maxOf { case.means[it] }
                    } else {
                        drawn.map { point -> tiers.maxOf { point[it] } }.average()
                    }
                tiers to quality - (tiers - asked).sumOf { case.prices[it] }
            }.maxBy { it.second }
    }

    @Test
    fun `the choice is brute force and pruning loses nothing`() {
        val random = Random(0)
        val sizes = HashSet<Int>()
        repeat(400) { number ->
            val tiers = 3 + number % 3
            val case = Instance(random, tiers)
            val size = if (number % 2 == 1) number % tiers else 0
            val asked = (0 until tiers).shuffled(random).take(size).toSet()
            val rule = Supermodels(case.spread, asked)
            val pruned = rule.choose(case.means, case.prices)
            assertEquals(rule.choose(case.means, case.prices, isPruned = false), pruned)
            val (wanted, value) = bruteForce(case, asked)
            assertEquals(wanted, pruned.tiers)
            assertNear(value, pruned.value, 1e-12)
            assertEquals((wanted - asked).minByOrNull { case.prices[it] }, pruned.nextTier)
            sizes += wanted.size
        }
        assertEquals(setOf(1, 2, 3, 4, 5), sizes)
    }

    @Test
    fun `pruning leaves out work`() {
        val case = Instance(Random(1), 8)
        val rule = Supermodels(case.spread)
        assertEquals(255, rule.found(case.means, null).size)
        assertTrue(rule.found(case.means, case.prices).size < 255)
    }

    @Test
    fun `two tiers are in closed form`() {
        val random = Random(2)
        repeat(50) {
            val case = Instance(random, 2)
            val theta = deviationOfDifference(case.spread[0][0], case.spread[1][1], case.spread[0][1])
            val values =
                mapOf(
                    setOf(0) to case.means[0] - case.prices[0],
                    setOf(1) to case.means[1] - case.prices[1],
                    setOf(0, 1) to expectedMaxOfTwo(case.means[0], case.means[1], theta) - case.prices.sum(),
                )
            val best = values.maxBy { it.value }
            val chosen = Supermodels(case.spread).choose(case.means, case.prices)
            assertEquals(best.key, chosen.tiers)
            assertEquals(best.key.minBy { case.prices[it] }, chosen.nextTier)
            assertNear(best.value, chosen.value, 1e-12)
        }
    }

    @Test
    fun `without doubt it is the router`() {
        val random = Random(4)
        for (tiers in listOf(2, 3, 5)) {
            repeat(30) {
                val case = Instance(random, tiers)
                val best = (0 until tiers).maxBy { case.means[it] - case.prices[it] }
                val chosen = Supermodels(diagonal(*DoubleArray(tiers))).choose(case.means, case.prices)
                assertEquals(setOf(best) to best, chosen.tiers to chosen.nextTier)
            }
        }
    }

    @Test
    fun `a cascade knows the beginnings of its order only`() {
        val case = Instance(Random(5), 4)
        val rule = Supermodels(case.spread, order = listOf(2, 0, 1, 3))
        val found = rule.found(case.means, null).map { it.tiers }
        assertEquals(listOf(listOf(2), listOf(0, 2), listOf(0, 1, 2), listOf(0, 1, 2, 3)), found)
        assertEquals(2, rule.choose(case.means, case.prices).nextTier)
        val after = Supermodels(case.spread, asked = setOf(2), order = listOf(2, 0, 1, 3))
        assertEquals(listOf(2), after.found(case.means, null).first().tiers)
        assertTrue(after.choose(case.means, DoubleArray(4)).nextTier == 0)
        for (order in listOf(listOf(2, 0, 1, 3), listOf(3, 4))) {
            assertFailsWith<InputError> { Supermodels(case.spread, asked = setOf(0), order = order) }
        }
    }

    @Test
    fun `free tiers are all asked and dear ones never`() {
        val case = Instance(Random(6), 4)
        assertEquals(setOf(0, 1, 2, 3), Supermodels(case.spread).choose(case.means, DoubleArray(4)).tiers)
        val dear = DoubleArray(4) { 1e9 * case.prices[it] }
        assertEquals(setOf((0..3).minBy { dear[it] }), Supermodels(case.spread).choose(case.means, dear).tiers)
        val certain = diagonal(0.01, 0.0, 0.01, 0.01)
        val useless = doubleArrayOf(0.9, 0.1, 0.8, 0.85) // no chance for tier 1, whose estimate is certain
        assertEquals(setOf(0, 2, 3), Supermodels(certain).choose(useless, DoubleArray(4)).tiers)
    }

    @Test
    fun `of equal sets the cheapest then the first`() {
        val rule = Supermodels(diagonal(0.0, 0.0, 0.0))

        fun chosen(means: List<Double>, prices: List<Double>) =
            rule.choose(means.toDoubleArray(), prices.toDoubleArray()).tiers
        assertEquals(setOf(0), chosen(listOf(0.5, 0.5, 0.5), listOf(0.1, 0.1, 0.1)))
        assertEquals(setOf(1), chosen(listOf(0.6, 0.5, 0.5), listOf(0.2, 0.1, 0.1)))
        assertEquals(setOf(0), chosen(listOf(0.5, 0.5, 0.5), listOf(0.0, 0.0, 0.0)))
    }

    @Test
    fun `what is not usable is refused`() {
        val rule = Supermodels(diagonal(1.0, 1.0, 1.0))
        val three = doubleArrayOf(0.1, 0.1, 0.1)
        assertFailsWith<InputError> { rule.choose(doubleArrayOf(0.1, 0.2), three) }
        assertFailsWith<InputError> { rule.choose(three, doubleArrayOf(0.1)) }
        assertFailsWith<InputError> { rule.choose(doubleArrayOf(0.1, 0.2, Double.NaN), three) }
        assertFailsWith<InputError> { rule.choose(three, doubleArrayOf(0.1, -0.1, 0.1)) }
        assertFailsWith<InputError> { rule.choose(three, doubleArrayOf(Double.NaN, 0.1, 0.1)) }
        assertFailsWith<InputError> { Supermodels(diagonal(1.0), asked = setOf(1)) }
    }
}
