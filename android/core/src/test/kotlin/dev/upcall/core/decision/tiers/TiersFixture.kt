package dev.upcall.core.decision.tiers

import java.util.Random
import kotlin.math.abs
import kotlin.math.sqrt
import kotlin.test.assertTrue

/** A matrix with these rows. */
internal fun rows(vararg rows: DoubleArray): Array<DoubleArray> = arrayOf(*rows)

/** A matrix with these numbers on its diagonal. */
internal fun diagonal(vararg values: Double): Array<DoubleArray> =
    Array(values.size) { row -> DoubleArray(values.size) { if (it == row) values[row] else 0.0 } }

/** R Rᵀ. */
internal fun square(root: Array<DoubleArray>): Array<DoubleArray> = Array(root.size) { row ->
    DoubleArray(root.size) { column -> root[row].indices.sumOf { root[row][it] * root[column][it] } }
}

internal fun Random.matrix(rows: Int, columns: Int, size: Double): Array<DoubleArray> =
    Array(rows) { DoubleArray(columns) { nextGaussian() * size } }

/** A covariance of deviations about 0.3. */
internal fun Random.covariance(size: Int): Array<DoubleArray> = square(matrix(size, size, 0.3 / sqrt(size.toDouble())))

internal fun Random.uniform(low: Double, high: Double, count: Int): DoubleArray =
    DoubleArray(count) { low + (high - low) * nextDouble() }

internal fun assertNear(expected: Double, found: Double, tolerance: Double, what: String = "") {
    assertTrue(abs(expected - found) <= tolerance || expected == found, "$what: $found in place of $expected")
}

internal fun assertNear(expected: Array<DoubleArray>, found: Array<DoubleArray>, tolerance: Double) {
    expected.forEachIndexed { row, numbers ->
        numbers.forEachIndexed { column, own -> assertNear(own, found[row][column], tolerance, "[$row, $column]") }
    }
}
