package dev.upcall.engine.onnx

import ai.onnxruntime.OrtException
import dev.upcall.core.EngineError
import dev.upcall.core.languagemodel.Engine
import dev.upcall.core.languagemodel.MAX_LOGIT_ROWS
import dev.upcall.core.languagemodel.RouterStage
import dev.upcall.core.languagemodel.Step
import dev.upcall.core.languagemodel.checkPosition
import dev.upcall.core.languagemodel.checkTokens
import dev.upcall.core.languagemodel.logitRows
import dev.upcall.core.physicalCores
import java.nio.FloatBuffer
import java.nio.file.Path

/**
 * Runs a graph that is given its key-value cache, and writes into it, by ONNX Runtime on the CPU.
 *
 * Graph (`upcall export` writes it): `input_ids` `[1, T]` int64, `position` `[1]` int64 and
 * `past_key_values.N.{key,value}` `[1, H, M, D/H]` float32 → `logits` `[1, min(T, 8), V]`, `hidden_last`, `hidden_mid`
 * `[1, D]` and `present.N.{key,value}`, float32. Past and present are the same memory, M places that grow with the
 * conversation, so a step copies nothing and cutting the cache back costs nothing.
 *
 * A thread that is interrupted in [forward] leaves it with an [InterruptedException] within about 12 ms; the cache is
 * as it was. [close] may be called from any thread: it ends a step that is running, and waits for its end.
 *
 * @param model the `.onnx` file; the router heads' graphs, where there are any, stand beside it.
 * @property contextLength most tokens, from the manifest.
 * @param vocabularySize token ids run below it.
 * @param threads by default the physical cores.
 * @throws EngineError the graph cannot be loaded or has other inputs and outputs.
 */
public class OnnxEngine(
    model: Path,
    override val contextLength: Int,
    private val vocabularySize: Int,
    threads: Int = physicalCores(),
) : Engine {
    private val lock = Any()

    @Volatile
    private var isClosed = false
    private val graph = Graph(model, threads)
    private val heads =
        try {
            RouterHeads(model.resolveSibling(""))
        } catch (error: EngineError) {
            graph.close()
            throw error
        }
    private val rowsOfLogits = arrayOfNulls<FloatArray>(MAX_LOGIT_ROWS)
    private val cache = KeyValueCache(graph.pastShapes, contextLength)

    override var position: Int = 0
        private set

    /**
     * Append T ≥ 1 tokens to the cache: prefill and decode alike.
     *
     * @throws EngineError no tokens, a token outside the vocabulary, more than the context holds, or the engine
     *   failed; the cache is unchanged.
     * @throws InterruptedException the thread was interrupted; the cache is unchanged.
     */
    override fun forward(tokens: IntArray): Step = open {
        checkTokens(tokens, position, contextLength, vocabularySize)
        val end = position + tokens.size
        if (end > cache.capacity) cache.grow(end, held = position)
        try {
            graph.run(tokens, position, cache.tensors)
        } catch (error: OrtException) {
            if (isClosed) throw closed()
            throw EngineError(
                "ONNX Runtime failed on ${tokens.size} tokens at position $position.",
                nextStep = "free some memory and ask again",
            ).apply { initCause(error) }
        }
        position = end
        val rows = logitRows(tokens.size)
        Step(
            LogitRows(graph.logits, rows, graph.logitsWidth, rowsOfLogits),
            graph.hiddenLast.numbers(),
            graph.hiddenMid.numbers(),
        )
    }

    override fun truncate(position: Int): Unit = open {
        checkPosition(position, this.position)
        this.position = position
    }

    override fun route(stage: RouterStage, features: FloatArray): Double = open { heads.route(stage, features) }

    override fun close() {
        isClosed = true
        graph.stop()
        synchronized(lock) {
            graph.close()
            heads.close()
            cache.close()
        }
    }

    private inline fun <T> open(work: () -> T): T = synchronized(lock) {
        if (isClosed) throw closed()
        work()
    }

    private fun closed() = EngineError("The engine is closed.")
}

private fun FloatBuffer.numbers(): FloatArray = FloatArray(capacity()).also { duplicate().get(it) }
