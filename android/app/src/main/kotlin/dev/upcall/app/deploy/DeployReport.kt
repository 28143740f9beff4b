package dev.upcall.app.deploy

import dev.upcall.app.benchmark.DONE
import dev.upcall.app.benchmark.FAILED
import dev.upcall.app.benchmark.ReportedError
import dev.upcall.app.benchmark.reportedError
import dev.upcall.core.Answer
import dev.upcall.core.UpcallError
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable

/**
 * What became of a question that a computer asked, in the form that `upcall deploy run` reads; proto/vectors/deploy.json has examples.
 *
 * Its texts are private: it is written to the app's own folder and nowhere else.
 */
@Serializable
internal class AskReport(
    @SerialName("request_id") val requestId: String,
    val bundle: String? = null,
    val answer: String? = null,
    val place: String? = null,
    val reason: String? = null,
    val score: Double? = null,
    val threshold: Double? = null,
    @SerialName("output_tokens") val outputTokens: Int? = null,
    @SerialName("tokens_per_s") val tokensPerS: Double? = null,
    @SerialName("time_to_first_token_ms") val timeToFirstTokenMs: Double? = null,
    @SerialName("total_ms") val totalMs: Double? = null,
    @SerialName("left_device") val leftDevice: Boolean = false,
    val sent: List<SentMessage> = emptyList(),
    val masked: Map<String, Int> = emptyMap(),
    val error: ReportedError? = null,
    val state: String,
)

/** A message as it left. */
@Serializable
internal class SentMessage(val role: String, val content: String)

/** The report of an answer at its end. */
internal fun askReport(requestId: String, bundle: String?, answer: Answer): AskReport = AskReport(
    requestId = requestId,
    bundle = bundle,
    answer = answer.done?.answer,
    place = answer.decision?.place?.value,
    reason = answer.decision?.reason?.value,
    score = answer.decision?.score,
    threshold = answer.decision?.threshold,
    outputTokens = answer.usage?.outputTokens,
    tokensPerS = answer.usage?.tokensPerS,
    timeToFirstTokenMs = answer.usage?.timeToFirstTokenMs,
    totalMs = answer.usage?.totalMs,
    leftDevice = answer.redacted != null,
    sent = answer.redacted?.messages.orEmpty().map { SentMessage(it.role.value, it.content) },
    masked = answer.redacted?.counts.orEmpty().mapKeys { it.key.name },
    error = (answer.error ?: answer.cloudError)?.let(::reportedError),
    state = if (answer.done == null) FAILED else DONE,
)

/** The report of a question that got no answer. */
internal fun failedReport(requestId: String, bundle: String?, error: UpcallError): AskReport =
    AskReport(requestId, bundle, error = reportedError(error), state = FAILED)
