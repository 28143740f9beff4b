package dev.upcall.app.models

import dev.upcall.core.Bundle
import dev.upcall.core.BundleError
import dev.upcall.core.BundleFault
import dev.upcall.core.BundleManifest
import dev.upcall.core.MODEL_ONNX
import dev.upcall.core.MODEL_PTE
import dev.upcall.core.languagemodel.Engine
import dev.upcall.core.languagemodel.LanguageModel
import dev.upcall.core.languagemodel.Tokenizer
import dev.upcall.core.runsOn
import dev.upcall.engine.executorch.LEAST_EXECUTORCH
import dev.upcall.engine.executorch.openExecuTorchEngine
import dev.upcall.engine.onnx.onnxRuntimeVersion
import dev.upcall.engine.onnx.openEngine

/** The engines of this app. */
interface EngineOpener {
    /**
     * Which of them runs a bundle.
     *
     * @throws BundleError none does, or what it needs is newer than all.
     * @throws dev.upcall.core.EngineError an engine's native library cannot be loaded.
     */
    fun choose(manifest: BundleManifest): EngineKind

    /** Version of an engine's runtime. */
    fun version(kind: EngineKind): String

    /**
     * Loads the weights; takes seconds.
     *
     * @param bundle verified.
     * @throws dev.upcall.core.UpcallError it cannot be loaded.
     */
    fun open(bundle: Bundle): Engine
}

/** Loads a bundle's engine with its tokenizer and template. */
internal fun EngineOpener.openModel(bundle: Bundle): LanguageModel {
    val tokenizer = Tokenizer.open(bundle.tokenizer)
    return LanguageModel(open(bundle), tokenizer, bundle.template, bundle.stopTokenIds)
}

/** The engines in the app's native libraries. Of a bundle for both, the first one that is new enough runs it. */
object NativeEngines : EngineOpener {
    override fun choose(manifest: BundleManifest): EngineKind {
        val names = manifest.files.map { it.path }
        val possible = MODELS.filterValues { it in names }.keys
        if (possible.isEmpty()) {
            throw BundleError(
                "The bundle holds no model that this app runs.",
                nextStep = "take another one",
            )
        }
        return possible.firstOrNull { manifest.runsOn(it.runtime, version(it)) }
            ?: throw tooNew(possible.first(), manifest)
    }

    override fun version(kind: EngineKind): String = when (kind) {
        EngineKind.ONNX -> onnxRuntimeVersion()
        EngineKind.EXECUTORCH -> LEAST_EXECUTORCH
    }

    override fun open(bundle: Bundle): Engine {
        checkWorkerThread()
        return when (choose(bundle.manifest)) {
            EngineKind.ONNX -> openEngine(bundle)
            EngineKind.EXECUTORCH -> openExecuTorchEngine(bundle)
        }
    }

    private fun tooNew(kind: EngineKind, manifest: BundleManifest): BundleError {
        val name = kind.runtime.value
        return BundleError(
            "The model needs $name ${manifest.leastRuntimeVersions[name]} or later, and this app has ${version(kind)}.",
            BundleFault.RUNTIME,
            nextStep = "update the app, or take a model that was made for an older $name",
        )
    }

    private val MODELS = mapOf(EngineKind.ONNX to MODEL_ONNX, EngineKind.EXECUTORCH to MODEL_PTE)
}
