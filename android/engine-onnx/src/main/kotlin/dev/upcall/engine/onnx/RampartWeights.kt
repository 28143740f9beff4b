package dev.upcall.engine.onnx

import java.nio.ByteBuffer

/** One row for each output of a product. */
internal class Matrix(val outputs: Int, val inputs: Int, private val values: FloatArray) {
    fun row(output: Int): FloatArray = values.copyOfRange(output * inputs, (output + 1) * inputs)
}

/** A table of 8-bit levels with what turns them into numbers. */
internal class LevelTable(val levels: ByteArray, val width: Int, val scale: Float, val zero: Int) {
    /** A row as numbers. */
    fun row(index: Int): FloatArray =
        FloatArray(width) { ((levels[index * width + it].toInt() and 0xFF).toFloat() - zero.toFloat()) * scale }
}

/**
 * The weights of the published graph of the name model.
 *
 * @param published the file `model_q4.onnx`.
 * @throws IllegalArgumentException it is no graph, or another one.
 * @throws NoSuchElementException likewise.
 */
internal class RampartWeights(published: ByteArray) {
    private class Tensor(val shape: List<Int>, val data: ByteBuffer, val number: Int)

    private val graph = protobufFields(protobufFields(ByteBuffer.wrap(published)).last { it.id == GRAPH }.bytes)
    private val tensors = graph.filter { it.id == INITIALIZER }.associate { tensor(protobufFields(it.bytes)) }

    /** The matrices of the products in the order of the graph, unpacked one by one. */
    val products: Sequence<Matrix> =
        graph
            .asSequence()
            .filter { it.id == NODE }
            .map { protobufFields(it.bytes) }
            .filter { node -> node.any { it.id == OPERATOR && it.text == "MatMulNBits" } }
            .map(::unpacked)

    /** Numbers by their name. */
    fun vector(name: String): FloatArray = tensors.getValue(name).data.singles()

    /** A table of embeddings by its name. */
    fun table(name: String): LevelTable {
        val part = "bert.embeddings.${name}_embeddings.weight_"
        val levels = tensors.getValue(part + "quantized")
        val scale = tensors.getValue(part + "scale").data.singles().single()
        return LevelTable(levels.data.all(), levels.shape[1], scale, tensors.getValue(part + "zero_point").number)
    }

    private fun tensor(fields: List<ProtobufField>): Pair<String, Tensor> {
        val shape = fields.numbers(SHAPE).map { it.toInt() }
        val data = fields.lastOrNull { it.id == RAW || it.id == SINGLES }?.bytes ?: ByteBuffer.allocate(0)
        val number = fields.numbers(INTEGERS).lastOrNull() ?: 0
        return fields.last { it.id == NAME }.text to Tensor(shape, data, number.toInt())
    }

    /** 4-bit levels around 8, two in a byte, with a scale for each block of a row. */
    private fun unpacked(node: List<ProtobufField>): Matrix {
        val settings =
            node.filter { it.id == ATTRIBUTE }.associate { attribute ->
                val fields = protobufFields(attribute.bytes)
                fields.first { it.id == 1 }.text to (fields.lastOrNull { it.id == INTEGER }?.number ?: 0)
            }
        val inputs = node.filter { it.id == INPUT }.map { it.text }
        require(settings["bits"] == 4L && inputs.size == 3) { "not 4 bits around 8" }
        val (rows, columns, block) = listOf("N", "K", "block_size").map { settings.getValue(it).toInt() }
        val packed = tensors.getValue(inputs[1]).data
        val scales = vector(inputs[2])
        val count = rows * columns
        require(packed.remaining() == count / 2 && scales.size == count / block) { "not of that shape" }
        val values =
            FloatArray(count) { index ->
                val both = packed[index / 2].toInt()
                val level = if (index % 2 == 0) both and 15 else both shr 4 and 15
                (level - 8) * scales[index / block]
            }
        return Matrix(rows, columns, values)
    }

    private fun ByteBuffer.singles() = FloatArray(remaining() / Float.SIZE_BYTES) { getFloat(it * Float.SIZE_BYTES) }

    private fun ByteBuffer.all() = ByteArray(remaining()).also { duplicate().get(it) }

    /** Numbers of the fields of onnx.proto. */
    private companion object {
        const val GRAPH = 7
        const val NODE = 1
        const val INITIALIZER = 5
        const val INPUT = 1
        const val OPERATOR = 4
        const val ATTRIBUTE = 5
        const val INTEGER = 3
        const val SHAPE = 1
        const val SINGLES = 4
        const val INTEGERS = 5
        const val NAME = 8
        const val RAW = 9
    }
}
