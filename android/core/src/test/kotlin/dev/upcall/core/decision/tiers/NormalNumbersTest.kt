package dev.upcall.core.decision.tiers

import dev.upcall.core.InputError
import kotlin.math.abs
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

class NormalNumbersTest {
    @Test
    fun `shares are those of printed tables`() {
        val table = mapOf(0.0 to 0.5, 1.0 to 0.8413447460685429, 1.96 to 0.9750021048517795, 3.0 to 0.9986501019683699)
        for ((z, share) in table) {
            assertNear(share, normalShare(z), 1e-15)
            assertNear(1 - share, normalShare(-z), 1e-15)
        }
        assertEquals(1.0, normalShare(9.0))
        assertEquals(0.0, normalShare(-1e300))
        assertEquals(0.0, normalShare(Double.NEGATIVE_INFINITY))
    }

    @Test
    fun `the quantile undoes the share`() {
        for (place in -50..50) {
            val z = place / 10.0
            assertNear(z, normalQuantile(normalShare(z)), 1e-9, "$z")
        }
        assertNear(1.959963984540054, normalQuantile(0.975), 1e-14)
        assertNear(-4.753424308822899, normalQuantile(1e-6), 1e-12)
        assertNear(-9.262340089798408, normalQuantile(1e-20), 1e-12)
    }

    @Test
    fun `points are normal`() {
        val points = normalPoints(3)
        assertEquals(1024, points.size)
        for (one in 0..2) {
            assertTrue(abs(points.sumOf { it[one] }) < 1e-9)
            for (other in 0..2) {
                val moment = points.sumOf { it[one] * it[other] } / points.size
                assertNear(if (one == other) 1.0 else 0.0, moment, 0.03)
            }
        }
        assertEquals(0.0, points[0][0]) // ½ is the first of Halton's to the base of 2
        assertNear(-0.4307272992954576, points[0][1], 1e-15) // ⅓
        assertNear(-0.8416212335729142, points[0][2], 1e-15) // ⅕
    }

    @Test
    fun `no tiers and too many are refused`() {
        for (count in listOf(0, 17)) assertFailsWith<InputError> { normalPoints(count) }
    }
}
