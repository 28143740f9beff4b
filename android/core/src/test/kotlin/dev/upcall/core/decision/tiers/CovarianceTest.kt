package dev.upcall.core.decision.tiers

import dev.upcall.core.InputError
import java.util.Random
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertSame

class CovarianceTest {
    @Test
    fun `a factor is a root of what is singular too`() {
        val random = Random(2)
        val singular = square(random.matrix(4, 2, 1.0))
        for (spread in listOf(singular, diagonal(0.0, 0.0, 0.0), diagonal(0.2, 0.0, 0.1), random.covariance(11))) {
            val lower = factor(spread)
            assertNear(spread, square(lower), 1e-7)
            for (row in lower.indices) {
                for (column in row + 1..lower.lastIndex) assertEquals(0.0, lower[row][column])
            }
        }
    }

    @Test
    fun `a negative eigenvalue that rounding leaves is taken as none`() {
        val root = rows(doubleArrayOf(1.0, 0.2), doubleArrayOf(0.3, 0.9), doubleArrayOf(-0.5, 0.4))
        val given = square(root)
        given[0][0] -= 1e-8
        val nearest = checkedCovariance(given)
        assertNear(given, nearest, 2e-8)
        assertNear(nearest, checkedCovariance(nearest), 1e-14)
        val whole = diagonal(1.0, 2.0)
        assertSame(whole, checkedCovariance(whole))
    }

    @Test
    fun `no covariance is refused`() {
        val none =
            listOf(
                rows(),
                rows(DoubleArray(3), DoubleArray(3)),
                rows(doubleArrayOf(1.0, 0.5), doubleArrayOf(0.2, 1.0)),
                rows(doubleArrayOf(1.0, 2.0), doubleArrayOf(2.0, 1.0)),
                diagonal(Double.NaN, 1.0),
                diagonal(Double.POSITIVE_INFINITY, 1.0),
            )
        for (given in none) assertFailsWith<InputError> { factor(given) }
    }
}
