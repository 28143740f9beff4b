package dev.upcall.core.decision.tiers

import dev.upcall.core.InputError
import java.util.Random
import kotlin.math.sqrt
import kotlin.test.Test
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

class GaussianTest {
    @Test
    fun `the greatest of some is what drawing them finds`() {
        val random = Random(1)
        for ((tiers, bound) in listOf(2 to 0.0, 3 to 5e-3, 5 to 8e-3)) {
            repeat(3) {
                val means = random.uniform(0.2, 0.9, tiers)
                val spread = random.covariance(tiers)
                val lower = factor(spread)
                val drawn =
                    (1..100_000).sumOf {
                        val one = DoubleArray(tiers) { random.nextGaussian() }
                        val moved = lower.map { row -> row.indices.sumOf { row[it] * one[it] } }
                        val above = means.indices.maxOf { means[it] + moved[it] }
                        val mirrored = means.indices.maxOf { means[it] - moved[it] } // mirror images: less noise
                        (above + mirrored) / 2
                    } / 100_000
                val deviation = sqrt(spread.indices.maxOf { spread[it][it] })
                assertNear(drawn, expectedMax(means, spread), bound * deviation + 1.5e-3)
            }
        }
    }

    @Test
    fun `the excess is that of two`() {
        for (theta in listOf(0.0, 0.01, 0.2, 1.0)) {
            for (place in -200..200) {
                val margin = place / 200.0
                assertNear(expectedMaxOfTwo(margin, 0.0, theta), expectedExcess(margin, theta), 3e-7)
            }
        }
    }

    @Test
    fun `one is itself and what does not fit is refused`() {
        assertEquals(0.4, expectedMax(doubleArrayOf(0.4), diagonal(0.1)))
        assertFailsWith<InputError> { expectedMax(doubleArrayOf(), rows()) }
        assertFailsWith<InputError> { expectedMax(doubleArrayOf(0.1), diagonal(1.0, 1.0)) }
        assertFailsWith<InputError> { expectedMax(doubleArrayOf(Double.NaN), diagonal(0.1)) }
    }

    @Test
    fun `two refuse what is no deviation`() {
        for (deviation in listOf(-0.1, Double.NaN, Double.POSITIVE_INFINITY)) {
            assertFailsWith<InputError> { expectedMaxOfTwo(0.1, 0.2, deviation) }
        }
    }

    @Test
    fun `the posterior leaves what the known one does not explain`() {
        val means = doubleArrayOf(0.2, 0.5, 0.7)
        val spread = Random(3).covariance(3)
        val after = posterior(means, spread, tier = 1, value = 0.65)
        // The rest is uncorrelated with the known one: take its regression away and compare.
        for (one in listOf(0, 2)) {
            val slope = spread[one][1] / spread[1][1]
            assertNear(means[one] + slope * 0.15, after.means[one], 1e-12)
            for (other in listOf(0, 2)) {
                val its = spread[other][1] / spread[1][1]
                val left =
                    spread[one][other] - its * spread[one][1] - slope * spread[1][other] + slope * its * spread[1][1]
                assertNear(left, after.covariance[one][other], 1e-12)
            }
        }
        assertEquals(0.65, after.means[1])
        assertContentEquals(DoubleArray(3), after.covariance[1])
    }

    @Test
    fun `a tier without deviation tells nothing of the others`() {
        val same = posterior(doubleArrayOf(0.2, 0.5, 0.7), diagonal(0.0, 0.0, 0.0), tier = 1, value = 0.65)
        assertContentEquals(doubleArrayOf(0.2, 0.65, 0.7), same.means)
        assertFailsWith<InputError> { posterior(doubleArrayOf(0.2), diagonal(0.1), tier = 1, value = 0.1) }
    }
}
