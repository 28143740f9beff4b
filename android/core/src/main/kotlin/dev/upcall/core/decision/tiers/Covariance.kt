package dev.upcall.core.decision.tiers

import dev.upcall.core.InputError
import kotlin.math.abs
import kotlin.math.sqrt

private const val SYMMETRY = 1e-9
private const val NEGATIVE = 1e-6 // of the largest eigenvalue, or of 1: beyond it no rounding explains a negative one
private const val NO_PIVOT = 1e-18
private const val SWEEPS = 50 // Jacobi's rotations need fewer than ten

/**
 * The covariance, the nearest one without negative eigenvalues.
 *
 * @throws InputError it is no square, symmetric, finite matrix, or an eigenvalue is negative beyond what rounding
 *   leaves.
 */
internal fun checkedCovariance(covariance: Array<DoubleArray>): Array<DoubleArray> {
    val size = covariance.size
    if (size == 0 || covariance.any { it.size != size }) {
        throw InputError("The covariance has $size rows of ${covariance.map { it.size }}.", allowed = "[K, K]")
    }
    val isFinite = covariance.all { row -> row.all { it.isFinite() } }
    val isSymmetric =
        covariance.indices.all { row ->
            (0..row).all { abs(covariance[row][it] - covariance[it][row]) <= SYMMETRY }
        }
    if (!isFinite || !isSymmetric) {
        throw InputError("The covariance is not finite and symmetric.", allowed = "a covariance of K estimates")
    }
    val (values, vectors) = eigen(covariance)
    if (values.min() < -NEGATIVE * maxOf(1.0, values.max())) {
        throw InputError("The covariance has the eigenvalue ${values.min()}.", allowed = "0 or more")
    }
    if (values.min() >= 0) return covariance
    return product(vectors, values)
}

/** V diag(λ) Vᵀ, λ below 0 taken as 0. */
private fun product(vectors: Array<DoubleArray>, values: DoubleArray): Array<DoubleArray> = Array(values.size) { row ->
    DoubleArray(values.size) { column ->
        values.indices.sumOf { vectors[row][it] * maxOf(values[it], 0.0) * vectors[column][it] }
    }
}

/**
 * L `[K, K]` with L Lᵀ = the covariance, its negative eigenvalues taken as 0.
 *
 * Measured covariances may be singular or, by rounding, a little indefinite; a Cholesky factor asks for neither. It is
 * lower triangular, so that it is the same in every language.
 *
 * @throws InputError the matrix is not square, not symmetric or not finite, or clearly has a negative eigenvalue.
 */
internal fun factor(covariance: Array<DoubleArray>): Array<DoubleArray> {
    val known = checkedCovariance(covariance)
    val lower = Array(known.size) { DoubleArray(known.size) }
    for (column in known.indices) {
        val pivot = known[column][column] - dot(lower[column], lower[column], column)
        if (pivot <= NO_PIVOT) continue // rounding left it at 0 or below: nothing is left to explain
        lower[column][column] = sqrt(pivot)
        for (row in column + 1 until known.size) {
            lower[row][column] =
                (known[row][column] - dot(lower[row], lower[column], column)) / lower[column][column]
        }
    }
    return lower
}

private fun dot(one: DoubleArray, other: DoubleArray, count: Int): Double =
    (0 until count).sumOf { one[it] * other[it] }

private data class Eigen(val values: DoubleArray, val vectors: Array<DoubleArray>)

/**
 * Eigenvalues, and eigenvectors as columns, of a symmetric matrix.
 *
 * Source: Jacobi 1846, cyclic rotations that set one element after another to 0.
 */
private fun eigen(matrix: Array<DoubleArray>): Eigen {
    val size = matrix.size
    val own = Array(size) { row -> DoubleArray(size) { (matrix[row][it] + matrix[it][row]) / 2 } }
    val vectors = Array(size) { row -> DoubleArray(size) { if (it == row) 1.0 else 0.0 } }
    var sweeps = 0
    var isDiagonal = false
    while (!isDiagonal && sweeps++ < SWEEPS) {
        isDiagonal = true
        for (row in 0 until size) {
            for (column in row + 1 until size) {
                // An element that changes neither of its diagonal ones in the last digit is none.
                val weight = 1e-17 * (abs(own[row][row]) + abs(own[column][column]))
                if (abs(own[row][column]) <= weight) continue
                isDiagonal = false
                rotate(own, vectors, row, column)
            }
        }
    }
    return Eigen(DoubleArray(size) { own[it][it] }, vectors)
}

private fun rotate(own: Array<DoubleArray>, vectors: Array<DoubleArray>, row: Int, column: Int) {
    val theta = (own[column][column] - own[row][row]) / (2 * own[row][column])
    val tangent = (if (theta < 0) -1 else 1) / (abs(theta) + sqrt(theta * theta + 1))
    val cosine = 1 / sqrt(tangent * tangent + 1)
    val sine = tangent * cosine
    for (each in own.indices) turn(own[each], row, column, cosine, sine)
    for (each in own.indices) {
        val above = own[row][each]
        val below = own[column][each]
        own[row][each] = cosine * above - sine * below
        own[column][each] = sine * above + cosine * below
    }
    own[row][column] = 0.0
    own[column][row] = 0.0
    for (each in vectors) turn(each, row, column, cosine, sine)
}

private fun turn(values: DoubleArray, first: Int, second: Int, cosine: Double, sine: Double) {
    val left = values[first]
    val right = values[second]
    values[first] = cosine * left - sine * right
    values[second] = sine * left + cosine * right
}
