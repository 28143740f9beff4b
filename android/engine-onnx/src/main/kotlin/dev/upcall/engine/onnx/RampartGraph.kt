package dev.upcall.engine.onnx

import dev.upcall.engine.onnx.GraphBuilder.Companion.CONTRIBUTED
import dev.upcall.engine.onnx.GraphBuilder.Companion.INT8
import dev.upcall.engine.onnx.GraphBuilder.Companion.UINT8
import kotlin.math.abs
import kotlin.math.round

/**
 * The weights of the name model in a graph for speed: 8-bit matrix products, fused attention. Made in memory at every
 * load.
 *
 * The published graph multiplies with 4-bit weights that ONNX Runtime unpacks at each call. Here they are unpacked once
 * and rounded to 7 bits for each output (7, so that processors without dot products of bytes cannot overflow), inputs to
 * 8 bits as they come. It is byte for byte the graph of every other language.
 *
 * @param published the file `model_q4.onnx`.
 * @return a graph from `input_ids` [1, n] of 64 bits to `logits` [1, n, labels] as singles, 1 ≤ n ≤ 512, without
 *   padding.
 * @throws IllegalArgumentException it is another graph.
 * @throws NoSuchElementException likewise.
 */
internal fun fastGraph(published: ByteArray): ByteArray = RampartGraph(RampartWeights(published)).model()

private class RampartGraph(private val weights: RampartWeights) {
    private val graph = GraphBuilder()
    private val products = weights.products.iterator()

    fun model(): ByteArray {
        var hidden = embedded()
        repeat(LAYERS) { hidden = layer("bert.encoder.layer.$it.", hidden) }
        val last = products.next()
        val values = FloatArray(last.inputs * last.outputs)
        repeat(last.outputs) { output ->
            last.row(output).forEachIndexed { input, value -> values[input * last.outputs + output] = value }
        }
        val matrix = graph.constant("classifier", listOf(last.inputs, last.outputs), values)
        val scores = graph.add("MatMul", listOf(hidden, matrix), listOf("scores"))
        graph.add("Add", scores + vector("classifier.bias"), listOf("logits"))
        require(!products.hasNext()) { "more layers than expected" }
        return graph.model("rampart")
    }

    /** Sum of the three tables, normalised; the text is always of the first token type. */
    private fun embedded(): String {
        val words = weights.table("word")
        val shape = listOf(words.levels.size / words.width, words.width)
        val table = graph.constant("words", shape, UINT8, words.levels)
        graph.add("Gather", listOf(table, "input_ids"), listOf("word_levels"))
        val scale = graph.constant("words.scale", listOf(1), floatArrayOf(words.scale))
        val zero = graph.constant("words.zero", listOf(1), UINT8, byteArrayOf(words.zero.toByte()))
        graph.add("DequantizeLinear", listOf("word_levels", scale, zero), listOf("word_vectors"))
        val positions = weights.table("position")
        val type = weights.table("token_type").row(0)
        val count = positions.levels.size / positions.width
        val fixed = FloatArray(count * positions.width)
        repeat(count) { index ->
            positions.row(index).forEachIndexed { at, value -> fixed[index * positions.width + at] = value + type[at] }
        }
        val places = graph.constant("places", listOf(1, count, positions.width), fixed)
        graph.add("Shape", listOf("input_ids"), listOf("count"), settings = mapOf("start" to 1, "end" to 2))
        val ends = listOf(graph.constant("zero", 0), "count", graph.constant("axis", 1))
        graph.add("Slice", listOf(places) + ends, listOf("place_vectors"))
        return normalised("word_vectors", "place_vectors", "bert.embeddings.LayerNorm")
    }

    private fun layer(name: String, given: String): String {
        val (query, key, value) = List(3) { products.next() }
        val (output, intermediate, last) = List(3) { products.next() }
        val parts = listOf("query", "key", "value")
        val bias = parts.map { weights.vector("${name}attention.self.$it.bias") }.reduce(FloatArray::plus)
        val joint = product(given, listOf(query, key, value), bias, name + "joint")
        val halves = parts.map { name + it }
        graph.add("Split", listOf(joint), halves, settings = mapOf("axis" to -1, "num_outputs" to 3))
        val attended = contributed("MultiHeadAttention", halves, name + "attended", mapOf("num_heads" to HEADS))
        val seen = product(attended, listOf(output), weights.vector("${name}attention.output.dense.bias"))
        val hidden = normalised(seen, given, "${name}attention.output.LayerNorm")
        val wide = product(hidden, listOf(intermediate), weights.vector("${name}intermediate.dense.bias"))
        val bent = contributed("Gelu", listOf(wide), name + "wide")
        val narrow = product(bent, listOf(last), weights.vector("${name}output.dense.bias"))
        return normalised(narrow, hidden, "${name}output.LayerNorm")
    }

    /** A product with several matrices side by side. */
    private fun product(
        given: String,
        matrices: List<Matrix>,
        bias: FloatArray,
        name: String = "product_${graph.size}",
    ): String {
        val inputs = matrices.first().inputs
        val rows = matrices.flatMap { matrix -> List(matrix.outputs) { matrix.row(it) } }
        val scales = FloatArray(rows.size) { output -> rows[output].maxOf { abs(it) } / LEVELS }
        val levels = ByteArray(inputs * rows.size)
        rows.forEachIndexed { output, row ->
            row.forEachIndexed { input, value ->
                levels[input * rows.size + output] = round(value / scales[output]).toInt().toByte()
            }
        }
        val constants =
            listOf(
                graph.constant("$name.levels", listOf(inputs, rows.size), INT8, levels),
                graph.constant("$name.scale", listOf(rows.size), scales),
                graph.constant("$name.zero", listOf(rows.size), INT8, ByteArray(rows.size)),
                graph.constant("$name.bias", listOf(bias.size), bias),
            )
        return contributed("DynamicQuantizeMatMul", listOf(given) + constants, name)
    }

    private fun normalised(given: String, skipped: String, name: String): String {
        val inputs = listOf(given, skipped, vector("$name.weight"), vector("$name.bias"))
        return contributed("SkipLayerNormalization", inputs, name, mapOf("epsilon" to EPSILON))
    }

    private fun vector(name: String): String = weights.vector(name).let { graph.constant(name, listOf(it.size), it) }

    private fun contributed(
        operator: String,
        inputs: List<String>,
        output: String,
        settings: Map<String, Number> = emptyMap(),
    ): String = graph.add(operator, inputs, listOf(output), CONTRIBUTED, settings).single()

    private companion object {
        const val LAYERS = 6
        const val HEADS = 12
        const val EPSILON = 1e-12f

        /** Of 7 signed bits. */
        const val LEVELS = 63f
    }
}
