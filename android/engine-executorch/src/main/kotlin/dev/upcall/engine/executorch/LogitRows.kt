package dev.upcall.engine.executorch

/** Rows of logits that stand one behind the other; a row is copied when it is asked for, since mostly only the last one is. */
internal class LogitRows(private val numbers: FloatArray, override val size: Int) : AbstractList<FloatArray>() {
    private val width = numbers.size / size
    private val rows = arrayOfNulls<FloatArray>(size)

    override fun get(index: Int): FloatArray {
        if (index !in 0..<size) throw IndexOutOfBoundsException("There is no row $index of $size.")
        return rows[index] ?: row(index).also { rows[index] = it }
    }

    private fun row(index: Int) = if (size == 1) numbers else numbers.copyOfRange(index * width, (index + 1) * width)
}
