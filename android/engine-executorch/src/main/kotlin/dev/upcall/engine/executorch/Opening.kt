package dev.upcall.engine.executorch

import dev.upcall.core.Bundle
import dev.upcall.core.BundleError
import dev.upcall.core.EngineError
import dev.upcall.core.InputError
import dev.upcall.core.MODEL_PTE
import dev.upcall.core.ModelRuntime
import dev.upcall.core.physicalCores
import dev.upcall.core.requireRuntime

/** The oldest version of ExecuTorch whose native library an app may bring: no library tells its own. */
public const val LEAST_EXECUTORCH: String = "1.3.1"

/**
 * Loads a bundle's program.
 *
 * @param threads by default the physical cores, see [ExecuTorchEngine].
 * @param runtimeVersion of the native library that the app brings.
 * @throws InputError the threads are no number above 0.
 * @throws BundleError the bundle holds no program, or asks for a newer ExecuTorch.
 * @throws EngineError the program or the native library cannot be loaded.
 */
public fun openExecuTorchEngine(
    bundle: Bundle,
    threads: Int = physicalCores(),
    runtimeVersion: String = LEAST_EXECUTORCH,
): ExecuTorchEngine {
    if (threads < 1) throw InputError("The number of threads is $threads.", allowed = "1 or more")
    if (!bundle.holds(MODEL_PTE)) {
        throw BundleError(
            "The bundle ${bundle.path.fileName} holds no $MODEL_PTE, which ExecuTorch runs.",
            nextStep = "take the engine for what it holds, or a bundle that `upcall export MODEL --to executorch` made",
        )
    }
    bundle.requireRuntime(ModelRuntime.EXECUTORCH, runtimeVersion)
    val shape = bundle.manifest.shape
    return ExecuTorchEngine(bundle.program, shape.contextLength, shape.vocabularySize, shape.hiddenSize, threads)
}
