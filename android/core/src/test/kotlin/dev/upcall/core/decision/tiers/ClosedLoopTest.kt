package dev.upcall.core.decision.tiers

import dev.upcall.core.InputError
import java.util.Random
import kotlin.math.sqrt
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNotNull
import kotlin.test.assertTrue

private val COIN = DiscreteNoise(doubleArrayOf(-1.0, 1.0), doubleArrayOf(0.5, 0.5))
private val SKEWED = DiscreteNoise(doubleArrayOf(-2.0, 0.0, 0.5), doubleArrayOf(0.1, 0.5, 0.4))

class ClosedLoopTest {
    /** Independent tiers. */
    private class Instance(val means: DoubleArray, val deviations: DoubleArray, val prices: DoubleArray) {
        val known = revealing(diagonal(*DoubleArray(means.size) { deviations[it] * deviations[it] }))

        constructor(random: Random, tiers: Int) : this(
            DoubleArray(tiers) { listOf(0.3, 0.5, 0.7, 0.9)[random.nextInt(4)] },
            DoubleArray(tiers) { listOf(0.0, 0.1, 0.3, 0.5)[random.nextInt(4)] },
            DoubleArray(tiers) { listOf(0.0, 0.05, 0.12, 0.4)[random.nextInt(4)] },
        )

        fun rule(noise: Noise, asked: Set<Int> = emptySet()) = ClosedLoop(known, means.size, asked, noise)

        fun outcomes(tier: Int, noise: Noise) = noise.points.map { means[tier] + deviations[tier] * it }

        /** Bellman's equation by recursion over all that may turn out. */
        fun optimum(noise: Noise, best: Double, rest: Set<Int>): Double = rest.fold(best) { found, tier ->
            val after = outcomes(tier, noise).map { optimum(noise, maxOf(best, it), rest - tier) }
            maxOf(found, after.indices.sumOf { noise.weights[it] * after[it] } - prices[tier])
        }

        /** The best set, charged whole. */
        fun openLoop(noise: Noise): Double = (1 until (1 shl means.size)).maxOf { bits ->
            val tiers = means.indices.filter { bits shr it and 1 == 1 }

            fun best(so: Double, from: Int): Double = if (from == tiers.size) {
                so
            } else {
                outcomes(tiers[from], noise).withIndex().sumOf { (place, found) ->
                    noise.weights[place] * best(maxOf(so, found), from + 1)
                }
            }
            best(Double.NEGATIVE_INFINITY, 0) - tiers.sumOf { prices[it] }
        }

        /** What the rule gives when its choices are followed through all that may turn out. */
        fun carriedOut(noise: Noise, now: DoubleArray = means, asked: Set<Int> = emptySet()): Double {
            val tier = rule(noise, asked).choose(now, prices).nextTier ?: return asked.maxOf { now[it] }
            return noise.points.indices.sumOf { place ->
                val after = now.copyOf().also { it[tier] += deviations[tier] * noise.points[place] }
                noise.weights[place] * carriedOut(noise, after, asked + tier)
            } - prices[tier]
        }
    }

    @Test
    fun `it is the optimum and never below open loop`() {
        for (noise in listOf(COIN, SKEWED)) {
            for (tiers in 2..3) {
                val random = Random(tiers.toLong())
                val better =
                    (1..150).count {
                        val case = Instance(random, tiers)
                        val value = case.rule(noise).choose(case.means, case.prices).value
                        val optimum = case.optimum(noise, Double.NEGATIVE_INFINITY, case.means.indices.toSet())
                        assertNear(optimum, value, 1e-9)
                        val rival = case.openLoop(noise)
                        assertTrue(value >= rival - 1e-9)
                        value > rival + 1e-6
                    }
                assertTrue(better > 10)
            }
        }
    }

    @Test
    fun `following it gives what it promises`() {
        val random = Random(7)
        repeat(40) {
            val case = Instance(random, 3)
            assertNear(case.carriedOut(COIN), case.rule(COIN).choose(case.means, case.prices).value, 1e-9)
        }
    }

    @Test
    fun `it asks the small one first where open loop asks the large one`() {
        val case = Instance(doubleArrayOf(0.5, 0.9), doubleArrayOf(0.5, 0.0), doubleArrayOf(0.12, 0.4))
        val chosen = case.rule(COIN).choose(case.means, case.prices)
        assertEquals(0, chosen.nextTier)
        assertNear(0.63, chosen.value, 1e-12)
        assertNear(0.5, case.openLoop(COIN), 1e-12)
        assertEquals(1, Supermodels(diagonal(0.25, 0.0)).choose(case.means, case.prices).nextTier)
        val after = case.rule(COIN, setOf(0))
        assertEquals(1, after.choose(doubleArrayOf(0.0, 0.9), case.prices).nextTier)
        assertEquals(null, after.choose(doubleArrayOf(1.0, 0.9), case.prices).nextTier)
    }

    @Test
    fun `where tiers are independent it is Weitzman's index`() {
        val random = Random(0)
        var asked = 0
        repeat(60) {
            val case =
                Instance(random.uniform(0.3, 0.9, 3), random.uniform(0.05, 0.3, 3), random.uniform(0.01, 0.15, 3))
            val indices =
                (0..2).map { tier ->
                    fun excess(index: Double): Double {
                        val ratio = (case.means[tier] - index) / case.deviations[tier]
                        val gain = case.deviations[tier] * (normalDensity(ratio) + ratio * normalShare(ratio))
                        return gain - case.prices[tier]
                    }
                    var (low, high) = -5.0 to 5.0
                    repeat(60) { if (excess((low + high) / 2) > 0) low = (low + high) / 2 else high = (low + high) / 2 }
                    low
                }
            val ranked = indices.sorted()
            if (ranked[2] - ranked[1] < 0.01) return@repeat // as good as equal
            asked++
            val chosen = case.rule(GaussianNoise()).choose(case.means, case.prices)
            assertEquals(indices.indices.maxBy { indices[it] }, chosen.nextTier)
        }
        assertTrue(asked > 40)
    }

    @Test
    fun `two tiers escalate by the closed form`() {
        val random = Random(1)
        repeat(50) {
            val spread = square(random.matrix(2, 2, 0.2))
            val means = random.uniform(0.3, 0.9, 2)
            val price = 0.2 * random.nextDouble()
            val theta = deviationOfDifference(spread[0][0], spread[1][1], spread[0][1])
            val gain = expectedMaxOfTwo(means[0], means[1], theta) - means[0]
            val chosen = ClosedLoop({ spread }, tiers = 2, asked = setOf(0)).choose(means, doubleArrayOf(0.0, price))
            assertEquals(gain > price, chosen.nextTier == 1)
        }
    }

    @Test
    fun `correlated tiers are near a fine grid`() {
        val random = Random(2)
        val prices = doubleArrayOf(0.02, 0.05, 0.1)
        repeat(5) {
            val known = revealing(square(random.matrix(3, 3, 0.12)))
            val coarse = ClosedLoop(known, tiers = 3)
            val fine = ClosedLoop(known, tiers = 3, noise = GaussianNoise(80))
            repeat(20) {
                val means = random.uniform(0.4, 0.9, 3)
                coarse.values(means, prices).zip(fine.values(means, prices)).forEach { (own, wanted) ->
                    assertNear(wanted, own, 0.004)
                    assertTrue(own <= wanted + 1e-6)
                }
            }
        }
    }

    @Test
    fun `limits of the price`() {
        val means = doubleArrayOf(0.5, 0.6, 0.7)
        val dear = doubleArrayOf(3e3, 1e3, 2e3)
        val known = revealing(diagonal(0.04, 0.03, 0.02))
        // Something must answer: the cheapest.
        assertEquals(1, ClosedLoop(known, tiers = 3).choose(means, dear).nextTier)
        val after = ClosedLoop(known, tiers = 3, asked = setOf(1))
        assertEquals(null, after.choose(means, dear).nextTier)
        assertNotNull(after.choose(means, DoubleArray(3)).nextTier)
        val certain = ClosedLoop(revealing(diagonal(0.0, 0.0, 0.0)), tiers = 3)
        assertEquals(1, certain.choose(means, doubleArrayOf(0.1, 0.15, 0.3)).nextTier) // the router
        val all = ClosedLoop(known, tiers = 3, asked = setOf(0, 1, 2)).choose(means, dear)
        assertEquals(StepChoice(null, 0.7, emptyList()), all)
    }

    @Test
    fun `parts have mean 0 and a deviation below 1`() {
        val noise = GaussianNoise()
        assertNear(0.0, noise.points.average(), 1e-15)
        assertTrue(sqrt(noise.points.sumOf { it * it } / noise.points.size) in 0.98..1.0)
    }

    @Test
    fun `what is not usable is refused`() {
        val rule = ClosedLoop(revealing(diagonal(1.0, 1.0)), tiers = 2)
        val two = doubleArrayOf(0.1, 0.1)
        assertFailsWith<InputError> { rule.choose(doubleArrayOf(0.1), two) }
        assertFailsWith<InputError> { rule.choose(doubleArrayOf(0.1, Double.NaN), two) }
        assertFailsWith<InputError> { rule.choose(two, doubleArrayOf(0.1)) }
        assertFailsWith<InputError> { rule.choose(two, doubleArrayOf(-0.1, 0.1)) }
        assertFailsWith<InputError> { ClosedLoop(revealing(diagonal(1.0, 1.0)), tiers = 2, asked = setOf(2)) }
        assertFailsWith<InputError> { ClosedLoop(revealing(diagonal(1.0, 1.0, 1.0)), tiers = 2) }
        for ((points, weights) in listOf(
            doubleArrayOf(1.0, 2.0) to doubleArrayOf(0.5, 0.5),
            doubleArrayOf(-1.0, 1.0) to doubleArrayOf(0.5, 0.4),
            doubleArrayOf(0.0) to doubleArrayOf(0.5, 0.5),
        )) {
            assertFailsWith<InputError> { DiscreteNoise(points, weights) }
        }
    }
}
