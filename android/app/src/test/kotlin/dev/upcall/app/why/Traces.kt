package dev.upcall.app.why

import dev.upcall.app.data.AnswerTrace
import dev.upcall.app.data.TracedAdjustment
import dev.upcall.app.data.TracedError
import dev.upcall.app.data.TracedMessage
import dev.upcall.app.data.TracedUsage
import dev.upcall.core.FinishReason
import dev.upcall.core.Role
import dev.upcall.core.decision.Place
import dev.upcall.core.decision.Reason
import dev.upcall.core.decision.Strategy
import dev.upcall.core.decision.Weight
import dev.upcall.core.redaction.EntityType

/** Of an answer that the device gave, being sure enough. */
val DEVICE_TRACE =
    AnswerTrace(
        place = Place.DEVICE,
        reason = Reason.CONFIDENT,
        score = -0.21,
        threshold = -0.5,
        calibratedThreshold = -0.5,
        strategy = Strategy.CASCADE,
        usage = TracedUsage(24, 61, timeToFirstTokenMs = 180.0, totalMs = 1640.0, tokensPerS = 41.8, lostMs = 0.0),
        finishReason = FinishReason.STOP,
    )

/** Of an answer that the cloud gave, over a network that charges by volume. */
val CLOUD_TRACE =
    AnswerTrace(
        place = Place.CLOUD,
        reason = Reason.NOT_CONFIDENT,
        score = -0.9,
        threshold = -0.6805,
        calibratedThreshold = -0.5,
        adjustments = listOf(TracedAdjustment(Weight.METERED, -0.1)),
        strategy = Strategy.CASCADE,
        usage = TracedUsage(88, 74, timeToFirstTokenMs = 412.0, totalMs = 2310.0, tokensPerS = 38.4, lostMs = 0.0),
        finishReason = FinishReason.STOP,
        address = "cloud.example.com:443",
        sent =
            listOf(
                TracedMessage(
                    Role.SYSTEM,
                    "Text of the form [[TYPE_1_xx]] stands for private words that you do not see.",
                ),
                TracedMessage(Role.USER, "Write to [[EMAIL_1_k7]] about [[PERSON_1_k7]]."),
            ),
        masked = mapOf(EntityType.EMAIL to 1, EntityType.PERSON to 1),
        restoredCount = 2,
    )

/** Of an answer that the device gave because the cloud did not. */
val FALLBACK_TRACE =
    DEVICE_TRACE.copy(
        reason = Reason.CLOUD_FAILED,
        score = null,
        usage = DEVICE_TRACE.usage!!.copy(lostMs = 1500.0),
        cloudError =
            TracedError(
                "escalation",
                "The cloud service does not answer.",
                nextStep = "see that the device is online, and the address in Settings",
            ),
    )
