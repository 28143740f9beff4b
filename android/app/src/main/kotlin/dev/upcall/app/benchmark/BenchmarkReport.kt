package dev.upcall.app.benchmark

import android.os.Build
import dev.upcall.core.UpcallError
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable

/** A report is of one of two kinds. */
const val DONE: String = "done"
const val FAILED: String = "failed"

/**
 * What a benchmark found out, in the form that `upcall deploy bench` reads; proto/vectors/deploy.json has examples.
 *
 * @property requestId of who asked; empty for the screen.
 * @property bundle name of the model.
 * @property engine `onnx` or `executorch`.
 * @property loadMs tokenizer and weights, from storage.
 * @property rounds of the same prompt.
 * @property byPosition how decoding slows down as the conversation grows.
 * @property peakRssBytes the most memory that the app has held.
 * @property thermalBefore a word of [dev.upcall.core.decision.Thermal]; null where the system does not tell.
 */
@Serializable
data class BenchmarkReport(
    @SerialName("request_id") val requestId: String,
    val bundle: String?,
    val engine: String? = null,
    @SerialName("engine_version") val engineVersion: String? = null,
    @SerialName("load_ms") val loadMs: Double? = null,
    val rounds: List<BenchmarkRound> = emptyList(),
    @SerialName("by_position") val byPosition: List<SpeedAtPosition> = emptyList(),
    @SerialName("peak_rss_bytes") val peakRssBytes: Long? = null,
    @SerialName("thermal_before") val thermalBefore: String? = null,
    @SerialName("thermal_after") val thermalAfter: String? = null,
    @SerialName("battery_percent") val batteryPercent: Double? = null,
    val device: BenchmarkDevice = BenchmarkDevice(),
    val state: String = DONE,
    val error: ReportedError? = null,
)

/** One prompt and its answer. */
@Serializable
data class BenchmarkRound(
    @SerialName("prompt_tokens") val promptTokens: Int,
    @SerialName("time_to_first_token_ms") val timeToFirstTokenMs: Double,
    @SerialName("prefill_tokens_per_s") val prefillTokensPerS: Double,
    @SerialName("decode_tokens_per_s") val decodeTokensPerS: Double,
)

/** Speed of decoding behind so many tokens. */
@Serializable
data class SpeedAtPosition(
    val position: Int,
    @SerialName("decode_tokens_per_s") val decodeTokensPerS: Double,
)

/** What was measured on. */
@Serializable
data class BenchmarkDevice(
    val model: String = Build.MODEL.orEmpty(),
    val abi: String = Build.SUPPORTED_ABIS.firstOrNull().orEmpty(),
    val android: String = Build.VERSION.RELEASE.orEmpty(),
    val sdk: Int = Build.VERSION.SDK_INT,
)

/** An error, as the computer that asked shows it. */
@Serializable
data class ReportedError(
    val name: String,
    val problem: String,
    val allowed: String,
    @SerialName("next_step") val nextStep: String,
)

/** What is told of an error. */
fun reportedError(error: UpcallError): ReportedError =
    ReportedError(error.name, error.problem, error.allowed, error.nextStep)

/** The middle one; of an even number the upper of the two. */
internal fun median(rounds: List<BenchmarkRound>, figure: (BenchmarkRound) -> Double): Double =
    rounds.map(figure).sorted().let { it[it.size / 2] }
