package dev.upcall.engine.executorch

import dev.upcall.core.EngineError
import dev.upcall.core.decision.featureCount
import dev.upcall.core.languagemodel.Engine
import dev.upcall.core.languagemodel.RouterStage
import dev.upcall.core.languagemodel.Step
import dev.upcall.core.languagemodel.checkFeatures
import dev.upcall.core.languagemodel.checkPosition
import dev.upcall.core.languagemodel.checkTokens
import dev.upcall.core.languagemodel.logitRows
import dev.upcall.core.physicalCores
import java.nio.file.Files
import java.nio.file.Path

/**
 * Runs the method `forward` of a program that keeps its key-value cache inside, by ExecuTorch on the CPU, with XNNPACK.
 *
 * Program (`upcall export` writes it): tokens `[1, T]` int64 and position `[1]` int64 → logits `[1, min(T, 8), V]`,
 * hidden_last and hidden_mid `[1, D]`, float32. The tokens take the places from the position on, so cutting the cache
 * back costs nothing. The router heads are its methods `route_pre` and `route_post`, features `[1, F]` → `[1]`.
 *
 * An app takes `org.pytorch:executorch-android` for the Java classes and the native library. That library exists for
 * Android only: here the engine was tested against a stand-in for the Java class `Module`, and never on a device.
 *
 * A step cannot be stopped: a thread that is interrupted in [forward] leaves it before the next step begins. [close] may be
 * called from any thread and waits for the end of a step.
 *
 * @property contextLength most tokens, from the manifest.
 */
public class ExecuTorchEngine internal constructor(
    private val program: ModuleCalls,
    private val name: String,
    override val contextLength: Int,
    private val vocabularySize: Int,
    private val hiddenSize: Int,
) : Engine {
    private var isClosed = false
    private val stages =
        try {
            if (FORWARD !in program.methods) throw foreign()
            program.loadMethod(FORWARD)
            RouterStage.entries.filter { it.method in program.methods }
        } catch (error: EngineError) {
            program.close()
            throw error
        } catch (error: RuntimeException) {
            program.close()
            throw unloadable(name, error)
        }

    /**
     * Loads a program.
     *
     * @param model the `.pte` file.
     * @param contextLength most tokens, from the manifest.
     * @param vocabularySize token ids run below it.
     * @param hiddenSize D, from the manifest.
     * @param threads by default the physical cores. ExecuTorch has one pool of threads in a process: the last engine made
     *   sets it.
     * @throws EngineError the program or the native library cannot be loaded, or the program is none of Upcall's.
     */
    public constructor(
        model: Path,
        contextLength: Int,
        vocabularySize: Int,
        hiddenSize: Int,
        threads: Int = physicalCores(),
    ) : this(load(model, threads), model.fileName.toString(), contextLength, vocabularySize, hiddenSize)

    override var position: Int = 0
        private set

    /**
     * Append T ≥ 1 tokens to the cache: prefill and decode alike.
     *
     * @throws EngineError no tokens, a token outside the vocabulary, more than the context holds, or the program
     *   failed; the cache is unchanged.
     * @throws InterruptedException the thread was interrupted before the step; the cache is unchanged.
     */
    @Synchronized
    override fun forward(tokens: IntArray): Step {
        refuseClosed()
        checkTokens(tokens, position, contextLength, vocabularySize)
        if (Thread.interrupted()) throw InterruptedException()
        val outputs =
            try {
                program.forward(LongArray(tokens.size) { tokens[it].toLong() }, position.toLong())
            } catch (error: RuntimeException) {
                throw failed("on ${tokens.size} tokens at position $position", error)
            }
        val rows = logitRows(tokens.size)
        if (outputs.map { it.size } != listOf(rows * vocabularySize, hiddenSize, hiddenSize)) throw foreign()
        position += tokens.size
        return Step(LogitRows(outputs[0], rows), outputs[1], outputs[2])
    }

    @Synchronized
    override fun truncate(position: Int) {
        refuseClosed()
        checkPosition(position, this.position)
        this.position = position
    }

    @Synchronized
    override fun route(stage: RouterStage, features: FloatArray): Double {
        refuseClosed()
        checkFeatures(features, if (stage in stages) featureCount(stage, hiddenSize) else null, stage)
        val outputs =
            try {
                program.route(stage.method, features)
            } catch (error: RuntimeException) {
                throw failed("in ${stage.method}", error)
            }
        return (outputs.singleOrNull()?.singleOrNull() ?: throw foreign()).toDouble()
    }

    @Synchronized
    override fun close() {
        if (!isClosed) program.close()
        isClosed = true
    }

    private fun refuseClosed() {
        if (isClosed) throw EngineError("The engine is closed.")
    }

    private fun foreign() = EngineError(
        "$name is not a program that this version of Upcall runs.",
        allowed = "one that it made itself",
        nextStep = "make the bundle again with `upcall export`",
    )

    private fun failed(where: String, cause: RuntimeException) =
        EngineError("ExecuTorch failed $where.", nextStep = "free some memory and ask again").apply { initCause(cause) }

    private companion object {
        const val FORWARD = "forward"

        fun load(model: Path, threads: Int): ModuleCalls {
            if (!Files.isRegularFile(model)) throw EngineError("There is no file ${model.fileName}.", nextStep = VERIFY)
            return try {
                NativeModule(model, threads)
            } catch (error: LinkageError) {
                throw EngineError(
                    "ExecuTorch cannot be loaded on ${System.getProperty(
                        "os.name",
                    )}, ${System.getProperty("os.arch")}.",
                    nextStep = "add org.pytorch:executorch-android to the app, or take another engine",
                ).apply { initCause(error) }
            } catch (error: RuntimeException) {
                throw unloadable(model.fileName.toString(), error)
            }
        }

        fun unloadable(name: String, cause: RuntimeException) =
            EngineError("ExecuTorch cannot load $name.", nextStep = VERIFY).apply { initCause(cause) }

        const val VERIFY = "verify the bundle's files, free some memory or export again"
    }
}
