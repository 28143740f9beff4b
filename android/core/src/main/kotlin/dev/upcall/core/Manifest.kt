package dev.upcall.core

import dev.upcall.core.decision.Signal
import dev.upcall.core.languagemodel.ChatTemplate
import dev.upcall.core.languagemodel.RoleFormat
import dev.upcall.core.languagemodel.RouterStage

/**
 * What `manifest.json` of a bundle says, as far as a device needs it; `upcall.protocol.v1.BundleManifest` says what each field means.
 *
 * @property schemaVersion 1 in what this Upcall opens.
 * @property modelId catalogue name or the name that the user gave.
 * @property modelRevision what identifies the weights.
 * @property modelLicence SPDX identifier.
 * @property recipe name of the frozen export recipe.
 * @property files every file of the bundle but the manifest.
 * @property shape of the model.
 * @property chatTemplate of the model.
 * @property stopTokenIds any of them ends an answer.
 * @property createdAt RFC 3339, UTC.
 * @property figures sizes, memory and quality, as the exporter measured them.
 * @property leastRuntimeVersions name of a runtime to the least version of it that runs this bundle; see [Bundle.requireRuntime].
 */
public class BundleManifest internal constructor(
    public val schemaVersion: Long,
    public val modelId: String,
    public val modelRevision: String,
    public val modelLicence: String,
    public val recipe: String,
    public val files: List<BundleFile>,
    public val shape: ModelShape,
    public val chatTemplate: ChatTemplate,
    public val stopTokenIds: Set<Int>,
    public val createdAt: String,
    public val figures: List<Measurement>,
    public val leastRuntimeVersions: Map<String, String>,
    internal val threshold: ListedThreshold?,
    internal val routerHeads: List<ListedHead>,
)

/**
 * A file of a bundle.
 *
 * @property path relative to the bundle, forward slashes.
 * @property sizeBytes its size.
 * @property sha256 lower-case hexadecimal.
 */
public data class BundleFile(public val path: String, public val sizeBytes: ULong, public val sha256: String)

/**
 * The size of a model.
 *
 * @property contextLength most tokens of a prompt and its answer.
 * @property vocabularySize token ids run below it.
 * @property hiddenSize D, numbers of a hidden state.
 */
public data class ModelShape(public val contextLength: Int, public val vocabularySize: Int, public val hiddenSize: Int)

/** A figure of a bundle. */
public data class Measurement(public val name: String, public val value: Double, public val unit: String)

/** A threshold as a manifest has it; the signal is null where it is none that this Upcall knows. */
internal class ListedThreshold(val signal: Signal?, val value: Double)

/** A router head as a manifest has it; the stage is null where it is none that this Upcall knows. */
internal class ListedHead(val stage: RouterStage?, val featureCount: Long)

private val MANIFEST_FIELDS =
    arrayOf("schema_version", "recipe", "stop_token_ids", "tool_versions", "created_at") +
        arrayOf("model", "files", "shape", "chat_template", "threshold", "checks", "figures", "router_heads") +
        arrayOf("least_runtime_versions")

/**
 * Reads the text of a manifest.
 *
 * @throws ProtoJsonException it is no `upcall.protocol.v1.BundleManifest` in proto JSON.
 */
internal fun readManifest(text: String): BundleManifest {
    val manifest = ProtoJson.read(text, *MANIFEST_FIELDS)
    manifest.measurements("checks")
    manifest.texts("tool_versions")
    val model = manifest.message("model", "id", "revision", "licence")
    return BundleManifest(
        schemaVersion = manifest.uint("schema_version"),
        modelId = model?.text("id").orEmpty(),
        modelRevision = model?.text("revision").orEmpty(),
        modelLicence = model?.text("licence").orEmpty(),
        recipe = manifest.text("recipe"),
        files =
            manifest
                .messages("files", "path", "size_bytes", "sha256")
                .map { BundleFile(it.text("path"), it.ulong("size_bytes"), it.text("sha256")) },
        shape = manifest.shape(),
        chatTemplate = readTemplate(manifest.message("chat_template", *TEMPLATE_FIELDS)),
        stopTokenIds = manifest.uints("stop_token_ids").mapTo(LinkedHashSet()) { it.toInt() },
        createdAt = manifest.text("created_at"),
        figures = manifest.measurements("figures"),
        leastRuntimeVersions = manifest.texts("least_runtime_versions"),
        threshold = manifest.threshold(),
        routerHeads = manifest.heads(),
    )
}

internal val TEMPLATE_FIELDS =
    arrayOf("beginning", "system", "user", "assistant", "generation_prefix", "default_system")

/** The chat template of a message with [TEMPLATE_FIELDS]; without one, nothing stands around any message. */
internal fun readTemplate(given: ProtoJson?): ChatTemplate = ChatTemplate(
    beginning = given?.text("beginning").orEmpty(),
    roles =
        Role.entries.associateWith { role ->
            val form = given?.message(role.value, "prefix", "suffix")
            RoleFormat(prefix = form?.text("prefix").orEmpty(), suffix = form?.text("suffix").orEmpty())
        },
    generationPrefix = given?.text("generation_prefix").orEmpty(),
    defaultSystem = given?.takeIf { it.has("default_system") }?.text("default_system"),
)

private fun ProtoJson.shape(): ModelShape {
    val unused = arrayOf("layer_count", "key_value_head_count", "head_size")
    val shape =
        message("shape", "context_length", "vocabulary_size", "hidden_size", *unused) ?: return ModelShape(0, 0, 0)
    unused.forEach(shape::uint)

    fun size(field: String) = shape.uint(field).coerceAtMost(Int.MAX_VALUE.toLong()).toInt()
    return ModelShape(size("context_length"), size("vocabulary_size"), size("hidden_size"))
}

private fun ProtoJson.threshold(): ListedThreshold? {
    val threshold = message("threshold", "signal", "value", "calibration") ?: return null
    val figures = arrayOf("local_accuracy", "auroc", "target_kept_accuracy", "kept_share", "kept_accuracy")
    threshold.message("calibration", "set_name", "set_sha256", "question_count", *figures)?.run {
        text("set_name")
        text("set_sha256")
        uint("question_count")
        figures.forEach(::double)
    }
    val number = threshold.enum("signal", listOf("SIGNAL_UNSPECIFIED") + Signal.entries.map { "SIGNAL_${it.name}" })
    return ListedThreshold(Signal.entries.getOrNull(number - 1), threshold.double("value"))
}

private fun ProtoJson.heads(): List<ListedHead> =
    messages("router_heads", "stage", "feature_count", "identity_of", "revision").map { head ->
        if (head.has("identity_of") && head.has("revision")) throw ProtoJsonException("a router head is of two kinds")
        head.text("identity_of")
        head.text("revision")
        val stages = listOf("ROUTER_STAGE_UNSPECIFIED") + RouterStage.entries.map { "ROUTER_STAGE_${it.name}" }
        ListedHead(RouterStage.entries.getOrNull(head.enum("stage", stages) - 1), head.uint("feature_count"))
    }

private fun ProtoJson.measurements(field: String): List<Measurement> =
    messages(field, "name", "value", "unit", "bound").map {
        it.text("bound")
        Measurement(it.text("name"), it.double("value"), it.text("unit"))
    }
