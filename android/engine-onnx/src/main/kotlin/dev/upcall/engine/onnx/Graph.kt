package dev.upcall.engine.onnx

import ai.onnxruntime.OnnxTensor
import ai.onnxruntime.OnnxValue
import ai.onnxruntime.OrtException
import ai.onnxruntime.OrtSession
import ai.onnxruntime.TensorInfo
import dev.upcall.core.EngineError
import dev.upcall.core.languagemodel.MAX_LOGIT_ROWS
import dev.upcall.core.languagemodel.logitRows
import java.nio.FloatBuffer
import java.nio.file.Path

private const val PAST = "past_key_values."
private const val PRESENT = "present."
private const val TOKENS = "input_ids"
private const val POSITION = "position"
private const val LOGITS = "logits"
private const val HIDDEN_LAST = "hidden_last"
private const val HIDDEN_MID = "hidden_mid"

/**
 * A session of the model's graph with the memory that it reads and writes.
 *
 * @throws EngineError the graph cannot be loaded or has other inputs and outputs.
 */
internal class Graph(model: Path, threads: Int) : AutoCloseable {
    private val environment = OnnxRuntime.environment
    private val session = OnnxRuntime.load(model, threads)
    private val shapes: Map<String, LongArray> = shapesOf(session)
    private val options = OrtSession.RunOptions()
    private val closing = ArrayList<AutoCloseable>(listOf(options))
    private var isClosed = false

    /** Of the past tensors by name, `[1, H, −1, D/H]`. */
    val pastShapes: Map<String, LongArray> = shapes.filterKeys { it.startsWith(PAST) }

    private val presentNames = pastShapes.keys.associateWith { it.replace(PAST, PRESENT) }

    init {
        val wanted = presentNames.keys + presentNames.values + setOf(TOKENS, POSITION, LOGITS, HIDDEN_LAST, HIDDEN_MID)
        if (pastShapes.isEmpty() || shapes.keys != wanted || shapes.getValue(LOGITS).size != 3) {
            close()
            throw EngineError(
                "${model.fileName} is not a graph that this version of Upcall runs.",
                allowed = "one that it made itself",
                nextStep = "make the bundle again with `upcall export`",
            )
        }
    }

    /** V, numbers of a row of logits. */
    val logitsWidth: Int = shapes.getValue(LOGITS)[2].toInt()

    /** `[8, V]`, of which the last step wrote the first min(T, 8) rows. */
    val logits: FloatBuffer = floats(MAX_LOGIT_ROWS * logitsWidth)

    /** `[D]` of the last step. */
    val hiddenLast: FloatBuffer = floats(shapes.getValue(HIDDEN_LAST)[1].toInt())

    /** `[D]` of the last step. */
    val hiddenMid: FloatBuffer = floats(shapes.getValue(HIDDEN_MID)[1].toInt())

    private val token = directMemory(Long.SIZE_BYTES).asLongBuffer()
    private val place = directMemory(Long.SIZE_BYTES).asLongBuffer()
    private val oneToken = kept(OnnxTensor.createTensor(environment, token, longArrayOf(1, 1)))
    private val position = kept(OnnxTensor.createTensor(environment, place, longArrayOf(1)))
    private val hidden = mapOf(HIDDEN_LAST to tensor(hiddenLast), HIDDEN_MID to tensor(hiddenMid))
    private val rows = arrayOfNulls<OnnxTensor>(MAX_LOGIT_ROWS + 1)

    /**
     * One pass over tokens, whose keys and values the graph writes at [held] and after.
     *
     * @throws OrtException the engine failed, or was stopped.
     * @throws InterruptedException the thread was interrupted.
     */
    fun run(tokens: IntArray, held: Int, cache: Map<String, OnnxTensor>) {
        place.put(0, held.toLong())
        if (tokens.size == 1) {
            token.put(0, tokens[0].toLong())
            return run(oneToken, cache, rowsOf(1))
        }
        val ids = directMemory(Math.multiplyExact(tokens.size, Long.SIZE_BYTES)).asLongBuffer()
        for (index in tokens.indices) ids.put(index, tokens[index].toLong())
        OnnxTensor.createTensor(environment, ids, longArrayOf(1, tokens.size.toLong())).use {
            run(it, cache, rowsOf(logitRows(tokens.size)))
        }
    }

    private fun run(ids: OnnxTensor, cache: Map<String, OnnxTensor>, rows: OnnxTensor) {
        val given = HashMap<String, OnnxTensor>(cache)
        given[TOKENS] = ids
        given[POSITION] = position
        val written = HashMap<String, OnnxValue>(hidden)
        for ((name, tensor) in cache) written[presentNames.getValue(name)] = tensor
        written[LOGITS] = rows
        val interruption = Interruption { stop() }
        try {
            interruption.during { session.run(given, emptySet(), written, options).close() }
        } catch (error: OrtException) {
            if (!interruption.isInterrupted) throw error
            Thread.interrupted()
            throw InterruptedException("The engine was interrupted.").apply { initCause(error) }
        } finally {
            if (interruption.isInterrupted) options.setTerminate(false)
        }
    }

    /** Let a pass that is running end with an error; from any thread, before [close]. */
    fun stop() {
        synchronized(closing) {
            if (!isClosed) options.setTerminate(true)
        }
    }

    override fun close() {
        synchronized(closing) {
            if (isClosed) return
            isClosed = true
            closing.forEach { it.close() }
            session.close()
        }
    }

    private fun rowsOf(count: Int): OnnxTensor = rows[count] ?: run {
        val part = logits.duplicate()
        part.upTo(count * logitsWidth)
        val shape = longArrayOf(1, count.toLong(), logitsWidth.toLong())
        kept(OnnxTensor.createTensor(environment, part, shape)).also { rows[count] = it }
    }

    private fun tensor(numbers: FloatBuffer): OnnxTensor =
        kept(OnnxTensor.createTensor(environment, numbers, longArrayOf(1, numbers.capacity().toLong())))

    private fun kept(tensor: OnnxTensor): OnnxTensor = tensor.also { closing += it }

    private fun floats(count: Int): FloatBuffer =
        directMemory(Math.multiplyExact(count, Float.SIZE_BYTES)).asFloatBuffer()
}

private fun shapesOf(session: OrtSession): Map<String, LongArray> =
    (session.inputInfo + session.outputInfo).mapValues { (_, node) ->
        (node.info as? TensorInfo)?.shape ?: LongArray(0)
    }
