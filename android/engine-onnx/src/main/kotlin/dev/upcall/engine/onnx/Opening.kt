package dev.upcall.engine.onnx

import dev.upcall.core.Bundle
import dev.upcall.core.BundleError
import dev.upcall.core.BundleFile
import dev.upcall.core.EngineError
import dev.upcall.core.InputError
import dev.upcall.core.MODEL_ONNX
import dev.upcall.core.ModelRuntime
import dev.upcall.core.RedactionError
import dev.upcall.core.languagemodel.Engine
import dev.upcall.core.languagemodel.LanguageModel
import dev.upcall.core.languagemodel.Tokenizer
import dev.upcall.core.physicalCores
import dev.upcall.core.redaction.names.Names
import dev.upcall.core.requireRuntime
import java.io.IOException
import java.nio.file.Files
import java.nio.file.Path
import java.security.MessageDigest

/**
 * Load the bundle's model.
 *
 * @param threads ≥ 1; by default the physical cores.
 * @throws InputError the threads are no number above 0.
 * @throws BundleError the bundle holds no model for this engine, or asks for a newer ONNX Runtime.
 * @throws EngineError the model cannot be loaded.
 */
public fun openEngine(bundle: Bundle, threads: Int = physicalCores()): Engine {
    if (threads < 1) throw InputError("The number of threads is $threads.", allowed = "1 or more")
    if (!bundle.holds(MODEL_ONNX)) {
        throw BundleError(
            "The bundle ${bundle.path.fileName} holds no $MODEL_ONNX.",
            nextStep = "open one that `upcall export MODEL --to onnx` made",
        )
    }
    bundle.requireRuntime(ModelRuntime.ONNX_RUNTIME, OnnxRuntime.environment.version)
    val shape = bundle.manifest.shape
    return OnnxEngine(bundle.model, shape.contextLength, shape.vocabularySize, threads)
}

/**
 * Load the bundle's model with its tokenizer and template.
 *
 * @throws BundleError the tokenizer cannot be read, or what [openEngine] throws.
 * @throws EngineError the model cannot be loaded.
 */
public fun openModel(bundle: Bundle, threads: Int = physicalCores()): LanguageModel {
    val tokenizer = Tokenizer.open(bundle.tokenizer)
    return LanguageModel(openEngine(bundle, threads), tokenizer, bundle.template, bundle.stopTokenIds)
}

/** The version of ONNX Runtime in this process. Throws [EngineError] where it cannot be loaded. */
public fun onnxRuntimeVersion(): String = OnnxRuntime.environment.version

/** The name model's files: those of `upcall pull rampart`. */
public val NAME_MODEL: List<BundleFile> =
    listOf(
        BundleFile(
            "model_q4.onnx",
            sizeBytes = 14_693_379u,
            sha256 = "9f27d24949b0581701071ea5ef522d77ccd3f50c525cc91eac4d265b0fc2afe5",
        ),
        BundleFile(
            "tokenizer.json",
            sizeBytes = 441_875u,
            sha256 = "ec87d41d85cbf02128ec0e5f577b805a326b06bb2947ef2752e67a98a42819f9",
        ),
        BundleFile(
            "config.json",
            sizeBytes = 2_320u,
            sha256 = "4f580895a8d5b40c0c61fef61bbbfe129a6d755e5212991b429e5fd141284edd",
        ),
    )

/**
 * Load the name model, every byte of it hashed first.
 *
 * @param folder that `upcall pull rampart` filled, or a copy of it.
 * @throws RedactionError a file is missing, or is not what was pulled.
 */
public fun openNames(folder: Path): Names {
    val files = NAME_MODEL.associate { it.path to verified(folder.resolve(it.path), it.sha256) }
    return Names(
        RampartClassifier(
            model = files.getValue("model_q4.onnx"),
            tokenizer = files.getValue("tokenizer.json"),
            config = files.getValue("config.json"),
        ),
    )
}

private fun verified(path: Path, hash: String): ByteArray {
    val bytes =
        try {
            Files.readAllBytes(path)
        } catch (_: IOException) {
            throw RedactionError("The name model's file $path cannot be read.", nextStep = "upcall pull rampart")
        }
    val found = MessageDigest.getInstance("SHA-256").digest(bytes).joinToString("") { "%02x".format(null, it) }
    if (found !=
        hash
    ) {
        throw RedactionError("$path holds other bytes than were pulled.", nextStep = "upcall pull rampart")
    }
    return bytes
}
