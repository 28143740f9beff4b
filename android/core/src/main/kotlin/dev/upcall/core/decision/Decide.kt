package dev.upcall.core.decision

import dev.upcall.core.InputError
import dev.upcall.core.entryOf

/** What the user asked for. */
public enum class Strategy {
    LOCAL,
    CLOUD,
    CASCADE,
    ;

    /** The word of vectors and wire. */
    public val value: String get() = name.lowercase()

    public companion object {
        /**
         * The strategy of a word such as `cascade`.
         *
         * @throws InputError it is the word of none.
         */
        public fun of(value: String): Strategy = entryOf(value, "The option strategy is not known.")
    }
}

/** Where an answer comes from. */
public enum class Place {
    DEVICE,
    CLOUD,
    ;

    /** The word of the vectors. */
    public val value: String get() = name.lowercase()
}

/** Why, in the terms of `upcall.protocol.v1.ReasonCode`. */
public enum class Reason {
    STRATEGY,
    NO_CLOUD,
    PRIVATE,
    DETECTOR_FAILED,
    CONFIDENT,
    NOT_CONFIDENT,
    LOCAL_FAILED,
    CLOUD_FAILED,
    DECLINED,
    OFFLINE,
    OVER_BUDGET,
    HOT,
    LOW_BATTERY,
    LOW_MEMORY,
    QUALITY_LEVEL,
    ;

    /** The word of vectors and wire. */
    public val value: String get() = name.lowercase()
}

/**
 * All that the decision may look at.
 *
 * @property strategy what the user asked for.
 * @property hasCloud an endpoint is configured.
 * @property isBlocked the conversation holds an entity whose policy is to stay on the device.
 * @property detectorFailed what is private could not be found out.
 * @property isDeclined the user saw what would leave and kept it.
 * @property score log-probability signal of the local answer, ≤ 0 nats; null before there is an answer.
 * @property threshold the score below which a cascade calls, before it is adjusted; from the bundle's manifest.
 * @property localFailed the device gave no answer.
 * @property cloudFailed the cloud was asked and gave no whole answer.
 * @property qualityLevel 0 to 1, what the user wants of this question: 0 answers here, 1 calls, ½ and null are as calibrated.
 * @property device as it is now.
 * @property budget what may still be spent.
 * @property prices what moves the threshold by how much.
 * @throws InputError the score is positive or not a number, the threshold is not a number, or the level is outside its range.
 */
public data class Circumstances(
    public val strategy: Strategy,
    public val hasCloud: Boolean,
    public val isBlocked: Boolean = false,
    public val detectorFailed: Boolean = false,
    public val isDeclined: Boolean = false,
    public val score: Double? = null,
    public val threshold: Double? = null,
    public val localFailed: Boolean = false,
    public val cloudFailed: Boolean = false,
    public val qualityLevel: Double? = null,
    public val device: DeviceState = DeviceState(),
    public val budget: BudgetState = BudgetState(),
    public val prices: Prices = Prices(),
) {
    init {
        checkQualityLevel(qualityLevel)
        if (score != null && (score.isNaN() || score > 0)) {
            throw InputError("The score of a local answer is $score.", allowed = "a log-probability, 0 or less")
        }
        if (threshold != null && threshold.isNaN()) {
            throw InputError("The escalation threshold is not a number.", nextStep = "export the bundle again")
        }
    }

    /** What shifts the threshold. */
    public val adjustments: List<Adjustment>
        get() = if (threshold == null) emptyList() else adjustments(threshold, qualityLevel, prices, device)

    /** The threshold that the score is compared with. */
    public val adjustedThreshold: Double? get() = threshold?.let { adjusted(it, adjustments) }
}

/**
 * Where, why, and the numbers compared.
 *
 * @property place where the answer comes from.
 * @property reason the first rule that decided.
 * @property score of the device's answer, nats; null where there was none.
 * @property threshold it was compared with, adjusted.
 */
public data class RouteDecision(
    public val place: Place,
    public val reason: Reason,
    public val score: Double? = null,
    public val threshold: Double? = null,
)

/**
 * Choose where the answer comes from.
 *
 * Hard rules come first, in this order, and nothing outweighs them: the user's choice to stay local, no cloud, no network, a
 * detector that failed (fail closed), a blocked entity, a user who declined, a cloud that has just failed, a spent budget. Then
 * the user's choice to call, a device without an answer, and, before anything is answered here, a device that should not:
 * critically hot, out of power or of memory. A quality level of 0 stays and of 1 calls. Last the threshold, adjusted: call when
 * the score is below it, stay when it is equal or above. A cascade without score or threshold calls, since nothing speaks for
 * the local answer.
 *
 * Vectors: proto/vectors/decision.json
 */
public fun decide(given: Circumstances): RouteDecision {
    val (place, reason) =
        staying(given)?.let { Place.DEVICE to it }
            ?: calling(given)?.let { Place.CLOUD to it }
            ?: weighed(given)
    return RouteDecision(place, reason, given.score, given.adjustedThreshold)
}

/**
 * Whether only the score of the device's answer can decide, so that the device must answer first.
 *
 * Never where a hard rule decides already, and never without a threshold, against which no score could count.
 *
 * Vectors: proto/vectors/decision.json
 */
public fun needsDraft(given: Circumstances): Boolean =
    given.score == null && given.threshold != null && decide(given).reason == Reason.NOT_CONFIDENT

private fun staying(given: Circumstances): Reason? = when {
    given.strategy == Strategy.LOCAL -> Reason.STRATEGY
    !given.hasCloud -> Reason.NO_CLOUD
    given.device.network == Network.OFFLINE -> Reason.OFFLINE
    given.detectorFailed -> Reason.DETECTOR_FAILED
    given.isBlocked -> Reason.PRIVATE
    given.isDeclined -> Reason.DECLINED
    given.cloudFailed -> Reason.CLOUD_FAILED
    given.budget.isSpent -> Reason.OVER_BUDGET
    else -> null
}

private fun calling(given: Circumstances): Reason? {
    val isToAnswer = given.score == null // an answer that is there costs the device nothing more
    return when {
        given.strategy == Strategy.CLOUD -> Reason.STRATEGY
        given.localFailed -> Reason.LOCAL_FAILED
        isToAnswer && given.device.thermal == Thermal.CRITICAL -> Reason.HOT
        isToAnswer && given.device.hasEmptyBattery -> Reason.LOW_BATTERY
        isToAnswer && given.device.hasLowMemory -> Reason.LOW_MEMORY
        given.qualityLevel == 1.0 -> Reason.QUALITY_LEVEL
        else -> null
    }
}

private fun weighed(given: Circumstances): Pair<Place, Reason> {
    val threshold = given.adjustedThreshold
    return when {
        given.qualityLevel == 0.0 -> Place.DEVICE to Reason.QUALITY_LEVEL
        given.score == null || threshold == null || given.score < threshold -> Place.CLOUD to Reason.NOT_CONFIDENT
        else -> Place.DEVICE to Reason.CONFIDENT
    }
}
