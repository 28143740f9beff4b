package dev.upcall.engine.onnx

import ai.onnxruntime.OnnxTensor
import dev.upcall.core.EngineError
import java.nio.ByteBuffer

private const val FIRST_CAPACITY = 256 // tokens

/**
 * Keys and values of a conversation, in memory that the graph reads as past and writes as present.
 *
 * @param shapes by name of the past tensor, `[1, H, M, D/H]`.
 * @param contextLength most tokens.
 */
internal class KeyValueCache(private val shapes: Map<String, LongArray>, private val contextLength: Int) :
    AutoCloseable {
    private var memory: Map<String, ByteBuffer> = emptyMap()

    /** The tensors by name of the past one. */
    var tensors: Map<String, OnnxTensor> = emptyMap()
        private set

    /** Tokens that there is room for. */
    var capacity: Int = 0
        private set

    /**
     * Make room for so many tokens, twice as many as before or more.
     *
     * @param held tokens to keep.
     * @throws EngineError memory is lacking; nothing has changed.
     */
    fun grow(tokens: Int, held: Int) {
        val wanted = minOf(contextLength, maxOf(tokens, 2 * capacity, FIRST_CAPACITY))
        val larger =
            try {
                shapes.mapValues { (name, shape) -> copied(name, shape, wanted, held) }
            } catch (error: OutOfMemoryError) {
                throw EngineError(
                    "There is no memory for a conversation of $wanted tokens.",
                    nextStep = "free some memory, shorten the conversation or start a new one",
                ).apply { initCause(error) }
            }
        close()
        tensors =
            larger.mapValues { (name, bytes) ->
                val shape = shapes.getValue(name).copyOf().also { it[TOKENS] = wanted.toLong() }
                OnnxTensor.createTensor(OnnxRuntime.environment, bytes.asFloatBuffer(), shape)
            }
        memory = larger
        capacity = wanted
    }

    override fun close() {
        tensors.values.forEach { it.close() }
        tensors = emptyMap()
        memory = emptyMap()
        capacity = 0
    }

    private fun copied(name: String, shape: LongArray, wanted: Int, held: Int): ByteBuffer {
        val rowBytes = Math.multiplyExact(shape[LAST].toInt(), Float.SIZE_BYTES)
        val heads = shape[HEADS].toInt()
        val bytes = Math.multiplyExact(heads.toLong() * rowBytes, wanted.toLong())
        if (bytes > Int.MAX_VALUE) throw OutOfMemoryError("one tensor of $bytes bytes")
        val large = directMemory(bytes.toInt())
        val small = memory[name] ?: return large
        for (head in 0 until heads) {
            val source = small.duplicate()
            source.upTo((head * capacity + held) * rowBytes).from(head * capacity * rowBytes)
            large.from(head * wanted * rowBytes)
            large.put(source)
        }
        large.from(0)
        return large
    }
}

private const val HEADS = 1
private const val TOKENS = 2
private const val LAST = 3
