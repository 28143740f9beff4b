package dev.upcall.app.models

import dev.upcall.core.ModelRuntime
import dev.upcall.core.UpcallError

/**
 * What runs a bundle.
 *
 * @property value its word in reports.
 * @property runtime whose version counts.
 */
enum class EngineKind(val value: String, val runtime: ModelRuntime) {
    ONNX("onnx", ModelRuntime.ONNX_RUNTIME),
    EXECUTORCH("executorch", ModelRuntime.EXECUTORCH),
}

/**
 * A bundle in the app's folder, as its manifest describes it. Nothing but the manifest was read, unless [isVerified].
 *
 * @property name of its folder, by which it is chosen.
 * @property modelId the manifest's name of the model; empty where the manifest cannot be read.
 * @property licence SPDX identifier.
 * @property recipe of the export.
 * @property engine that runs it here; null where none does.
 * @property sizeBytes of all its files.
 * @property fault why it cannot be used; null as far as is known.
 * @property isVerified every byte was hashed and is right, since the app started.
 */
data class InstalledModel(
    val name: String,
    val modelId: String,
    val licence: String,
    val recipe: String,
    val engine: EngineKind?,
    val sizeBytes: Long,
    val fault: UpcallError? = null,
    val isVerified: Boolean = false,
) {
    /** Whether it may be asked. */
    val isUsable: Boolean get() = fault == null && engine != null
}

/** The model that finds names in text. Without it, names are not found and may leave the device. */
sealed interface NameModel {
    /** There is none. */
    data object Absent : NameModel

    /** Its files are there and have the right sizes; they are hashed when it is opened. */
    data object Installed : NameModel

    /** Its files are not all there, or not those that were published. Nothing leaves the device until it is replaced or deleted. */
    data class Damaged(val error: UpcallError) : NameModel
}
