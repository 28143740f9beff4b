package dev.upcall.engine.onnx

import java.nio.ByteBuffer
import java.nio.ByteOrder

/** Puts an ONNX graph together, node by node. */
internal class GraphBuilder {
    private val nodes = mutableListOf<ProtobufMessage>()
    private val constants = mutableListOf<ProtobufMessage>()

    /** Number of nodes so far. */
    val size: Int get() = nodes.size

    /**
     * Adds an operator.
     *
     * @param settings whole numbers, or a single.
     * @return [outputs].
     */
    fun add(
        operator: String,
        inputs: List<String>,
        outputs: List<String>,
        domain: String = "",
        settings: Map<String, Number> = emptyMap(),
    ): List<String> {
        val node = ProtobufMessage()
        inputs.forEach { node.text(1, it) }
        outputs.forEach { node.text(2, it) }
        node.text(4, operator)
        for ((name, value) in settings.toSortedMap()) node.message(5, setting(name, value))
        if (domain.isNotEmpty()) node.text(7, domain)
        nodes.add(node)
        return outputs
    }

    private fun setting(name: String, value: Number) = ProtobufMessage().text(1, name).apply {
        if (value is Float) single(2, value).number(TYPE, 1) else number(3, value.toLong()).number(TYPE, 2)
    }

    fun constant(name: String, shape: List<Int>, values: FloatArray): String {
        val buffer = ByteBuffer.allocate(values.size * Float.SIZE_BYTES).order(ByteOrder.LITTLE_ENDIAN)
        values.forEach(buffer::putFloat)
        return constant(name, shape, FLOAT, buffer.array())
    }

    fun constant(name: String, value: Long): String {
        val buffer = ByteBuffer.allocate(Long.SIZE_BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value)
        return constant(name, listOf(1), INT64, buffer.array())
    }

    /** @param type [INT8] or [UINT8]. */
    fun constant(name: String, shape: List<Int>, type: Long, values: ByteArray): String {
        val tensor = ProtobufMessage()
        shape.forEach { tensor.number(1, it.toLong()) }
        constants.add(tensor.number(2, type).text(8, name).bytes(9, values))
        return name
    }

    /** The whole model, from `input_ids` [1, n] of 64 bits to `logits` [1, n, labels] as singles. */
    fun model(name: String): ByteArray {
        val graph = ProtobufMessage()
        nodes.forEach { graph.message(1, it) }
        graph.text(2, name)
        constants.forEach { graph.message(5, it) }
        graph.message(11, tensor("input_ids", INT64, open = false)).message(12, tensor("logits", FLOAT, open = true))
        val standard = ProtobufMessage().text(1, "").number(2, OPERATORS)
        val contributed = ProtobufMessage().text(1, CONTRIBUTED).number(2, 1)
        return ProtobufMessage()
            .number(1, VERSION)
            .message(7, graph)
            .message(8, standard)
            .message(8, contributed)
            .toByteArray()
    }

    private fun tensor(name: String, type: Long, open: Boolean): ProtobufMessage {
        val shape =
            ProtobufMessage()
                .message(1, ProtobufMessage().number(1, 1))
                .message(1, ProtobufMessage().text(2, "tokens"))
        if (open) shape.message(1, ProtobufMessage())
        val tensor = ProtobufMessage().number(1, type).message(2, shape)
        return ProtobufMessage().text(1, name).message(2, ProtobufMessage().message(1, tensor))
    }

    companion object {
        /** The domain of the operators that ONNX Runtime adds. */
        const val CONTRIBUTED = "com.microsoft"
        const val FLOAT = 1L
        const val UINT8 = 2L
        const val INT8 = 3L
        const val INT64 = 7L
        private const val OPERATORS = 18L
        private const val VERSION = 10L
        private const val TYPE = 20
    }
}
