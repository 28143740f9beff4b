package dev.upcall.app.data

import dev.upcall.core.Answer
import dev.upcall.core.FinishReason
import dev.upcall.core.Role
import dev.upcall.core.UpcallError
import dev.upcall.core.Usage
import dev.upcall.core.decision.Network
import dev.upcall.core.decision.Place
import dev.upcall.core.decision.Reason
import dev.upcall.core.decision.Strategy
import dev.upcall.core.decision.Thermal
import dev.upcall.core.decision.Weight
import dev.upcall.core.redaction.EntityType
import kotlinx.serialization.Serializable

/**
 * Where an answer came from and why, what left for it, and what it took: all that the screen "why" shows.
 *
 * @property place where it came from; null where nothing was decided.
 * @property reason the first rule that decided.
 * @property score of the device's answer, nats; null where there was none.
 * @property threshold that the score was compared with, after [adjustments].
 * @property calibratedThreshold the same before them.
 * @property adjustments what moved the threshold, in probability.
 * @property strategy that was asked for.
 * @property qualityLevel that was asked for.
 * @property device the state that the decision knew.
 * @property usage what a whole answer took.
 * @property finishReason the model ended it, or a limit did; null for an answer that is not whole.
 * @property address whom the words left for; null where nothing left.
 * @property sent exactly what left.
 * @property masked how many values were masked, by type.
 * @property restoredCount placeholders that were replaced in the cloud's answer.
 * @property alteredCount placeholders that the cloud changed, so that they stand in the answer.
 * @property cloudError why the device answered in the cloud's place.
 * @property error why there is no answer.
 */
@Serializable
data class AnswerTrace(
    val place: Place? = null,
    val reason: Reason? = null,
    val score: Double? = null,
    val threshold: Double? = null,
    val calibratedThreshold: Double? = null,
    val adjustments: List<TracedAdjustment> = emptyList(),
    val strategy: Strategy? = null,
    val qualityLevel: Double? = null,
    val device: TracedDevice? = null,
    val usage: TracedUsage? = null,
    val finishReason: FinishReason? = null,
    val address: String? = null,
    val sent: List<TracedMessage> = emptyList(),
    val masked: Map<EntityType, Int> = emptyMap(),
    val restoredCount: Int = 0,
    val alteredCount: Int = 0,
    val cloudError: TracedError? = null,
    val error: TracedError? = null,
)

/** What moved the threshold, and by how much; above 0 it calls more often. */
@Serializable
data class TracedAdjustment(val weight: Weight, val change: Double)

/** What the decision knew of the device; null is what nobody could tell. */
@Serializable
data class TracedDevice(
    val batteryPercent: Double? = null,
    val isCharging: Boolean? = null,
    val thermal: Thermal? = null,
    val network: Network? = null,
    val freeMemoryBytes: Long? = null,
)

/** What an answer took, in the terms of [Usage]. */
@Serializable
data class TracedUsage(
    val inputTokens: Int,
    val outputTokens: Int,
    val timeToFirstTokenMs: Double?,
    val totalMs: Double,
    val tokensPerS: Double?,
    val lostMs: Double,
)

/** A message as it left the device, masked. It is left out of [toString] all the same. */
@Serializable
data class TracedMessage(val role: Role, val content: String) {
    override fun toString(): String = "TracedMessage(role=$role)"
}

/** An [UpcallError] that was written down. */
@Serializable
data class TracedError(val name: String, val problem: String, val allowed: String = "", val nextStep: String = "") {
    /** What is wrong, and what to do now. */
    val message: String get() = listOf(problem, nextStep).filter { it.isNotEmpty() }.joinToString("\n")
}

/** What is worth keeping of an error. */
fun tracedError(error: UpcallError): TracedError = TracedError(error.name, error.problem, error.allowed, error.nextStep)

/** The trace of an answer as far as its events go. */
fun traceOf(answer: Answer): AnswerTrace {
    val decision = answer.decision
    val given = answer.given
    return AnswerTrace(
        place = decision?.place,
        reason = decision?.reason,
        score = decision?.score,
        threshold = decision?.threshold,
        calibratedThreshold = given?.threshold,
        adjustments = given?.adjustments.orEmpty().map { TracedAdjustment(it.weight, it.change) },
        strategy = given?.strategy,
        qualityLevel = given?.qualityLevel,
        device = given?.device?.run { TracedDevice(batteryPercent, isCharging, thermal, network, freeMemoryBytes) },
        usage =
            answer.usage?.run {
                TracedUsage(inputTokens, outputTokens, timeToFirstTokenMs, totalMs, tokensPerS, lostMs)
            },
        finishReason = answer.done?.finishReason,
        address = answer.redacted?.address,
        sent = answer.redacted?.messages.orEmpty().map { TracedMessage(it.role, it.content) },
        masked = answer.redacted?.counts.orEmpty(),
        restoredCount = answer.restored?.count ?: 0,
        alteredCount = answer.restored?.alteredCount ?: 0,
        cloudError = answer.cloudError?.let(::tracedError),
        error = answer.error?.let(::tracedError),
    )
}
