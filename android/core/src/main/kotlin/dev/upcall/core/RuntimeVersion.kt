package dev.upcall.core

/**
 * What runs the model of a bundle.
 *
 * @property value its name in a manifest.
 */
public enum class ModelRuntime(public val value: String) {
    ONNX_RUNTIME("onnxruntime"),
    EXECUTORCH("executorch"),
}

/** Whether a runtime of this version is new enough for the bundle; one of a version that begins with no number is not. */
public fun BundleManifest.runsOn(runtime: ModelRuntime, version: String): Boolean {
    val least = leastRuntimeVersions[runtime.value] ?: return true
    return RuntimeVersion.startOf(version)?.let { it >= RuntimeVersion(least) } ?: false
}

/**
 * Refuses to run this bundle on a runtime that is older than the least version that the manifest names.
 *
 * @param version of the runtime; what follows its numbers, as in `1.5.1+cpu`, plays no part.
 * @throws BundleError the runtime is older, or its version begins with no number.
 */
public fun Bundle.requireRuntime(runtime: ModelRuntime, version: String) {
    if (manifest.runsOn(runtime, version)) return
    throw BundleError(
        "The bundle ${path.fileName} needs a newer ${runtime.value} than $version.",
        BundleFault.RUNTIME,
        allowed = "${manifest.leastRuntimeVersions[runtime.value]} or later",
        nextStep = "update Upcall, or take a bundle that was made for an older ${runtime.value}",
    )
}

internal fun checkRuntimes(manifest: BundleManifest) {
    if (manifest.leastRuntimeVersions.values.all(RuntimeVersion::isOne)) return
    throw BundleError(
        "The bundle asks for a runtime of no version that can be compared.",
        BundleFault.RUNTIME,
        allowed = "up to four numbers with dots between, for example 1.26.0",
        nextStep = EXPORT_AGAIN,
    )
}

/** Up to four numbers, compared as numbers; those that are left out are 0. */
internal class RuntimeVersion(text: String) : Comparable<RuntimeVersion> {
    private val numbers = text.split('.').map(String::toInt) + List(MOST_NUMBERS) { 0 }

    override fun compareTo(other: RuntimeVersion): Int =
        (0..<MOST_NUMBERS).map { numbers[it].compareTo(other.numbers[it]) }.firstOrNull { it != 0 } ?: 0

    companion object {
        private const val MOST_NUMBERS = 4

        // ASCII only, so the same on all platforms.
        private val NUMBERS = Regex("[0-9]{1,9}(\\.[0-9]{1,9}){0,3}")

        fun isOne(text: String): Boolean = NUMBERS.matches(text)

        /** The version that a text begins with. */
        fun startOf(text: String): RuntimeVersion? = NUMBERS.matchAt(text, 0)?.let { RuntimeVersion(it.value) }
    }
}
