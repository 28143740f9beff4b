package dev.upcall.engine.onnx

import java.nio.FloatBuffer

/**
 * Rows of logits, each copied out of the graph's memory when it is first asked for: mostly only the last one is.
 *
 * @param memory `[≥ R, V]`.
 * @param rows where a row is copied to, R or more of V numbers; one not used yet is null.
 */
internal class LogitRows(
    private val memory: FloatBuffer,
    override val size: Int,
    private val vocabularySize: Int,
    private val rows: Array<FloatArray?>,
) : AbstractList<FloatArray>() {
    private val isCopied = BooleanArray(size)

    override fun get(index: Int): FloatArray {
        if (index !in 0 until size) throw IndexOutOfBoundsException("row $index of $size")
        val row = rows[index] ?: FloatArray(vocabularySize).also { rows[index] = it }
        if (!isCopied[index]) {
            val source = memory.duplicate()
            source.from(index * vocabularySize)
            source.get(row)
            isCopied[index] = true
        }
        return row
    }
}
