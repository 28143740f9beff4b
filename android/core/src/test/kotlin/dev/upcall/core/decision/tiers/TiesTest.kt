package dev.upcall.core.decision.tiers

import kotlin.test.Test
import kotlin.test.assertEquals

private const val NEAR = 0.6 * TIE

/** Every rule calls the same values equal, whatever order they come in. */
class TiesTest {
    private val orders =
        listOf(listOf(0, 1, 2), listOf(0, 2, 1), listOf(1, 0, 2), listOf(1, 2, 0), listOf(2, 0, 1), listOf(2, 1, 0))

    @Test
    fun `values are compared with the greatest`() {
        val chain = listOf(0.5, 0.5 + NEAR, 0.5 + 2 * NEAR)
        for (order in orders) {
            assertEquals(order.indices.filter { order[it] > 0 }, bestPlaces(order.map { chain[it] }))
        }
    }

    @Test
    fun `of equal tiers every rule takes the cheapest`() {
        assertEquals(1, bestTiers(doubleArrayOf(0.5 + NEAR, 0.5), doubleArrayOf(1.0, 0.0), 0.0).cheap)
        val known = diagonal(0.0, 0.0)
        val prices = doubleArrayOf(0.1, 0.05)
        for ((near, chosen) in listOf(NEAR to 1, 2 * TIE to 0)) {
            val estimates = doubleArrayOf(0.6 + near, 0.55)
            assertEquals(setOf(chosen), Supermodels(known).choose(estimates, prices).tiers)
            assertEquals(chosen, ClosedLoop(revealing(known), tiers = 2).choose(estimates, prices).nextTier)
        }
    }
}
