package dev.upcall.core

import dev.upcall.core.redaction.RedactedMessages
import dev.upcall.core.redaction.redactMessages

/** Of one question before it leaves: an end for a program that never agrees with what it gets. */
private const val MAX_EDITS = 100

/**
 * Whether and how the question may leave.
 *
 * @property redacted what would be sent; null where nothing may leave.
 */
internal data class Departure(
    val redacted: RedactedMessages? = null,
    val isBlocked: Boolean = false,
    val detectorFailed: Boolean = false,
    val isDeclined: Boolean = false,
)

/** What would leave: masked, and approved by the user where one is asked. */
internal class Departures(private val parts: Parts, private val approve: Approve?) {
    /** What would leave: fails closed, since what cannot be masked must not. */
    fun masked(messages: List<Message>, edited: Boolean = false): Departure {
        val redacted =
            try {
                redactMessages(messages, parts.detector, parts.vault, parts.policy, edited)
            } catch (_: RedactionError) {
                return Departure(detectorFailed = true)
            } catch (_: InputError) {
                return Departure(detectorFailed = true)
            }
        return Departure(redacted, isBlocked = redacted.isBlocked)
    }

    /** The messages the user approved, after re-checking any edit. Else the question stays. */
    suspend fun approved(departure: Departure): Departure {
        val approve = approve ?: return departure
        val cloud = parts.cloud ?: return departure
        var current = departure
        repeat(MAX_EDITS) {
            val redacted = current.redacted
            if (redacted == null || current.isBlocked) return current
            val edited = approve(shown(redacted, cloud))?.toList() ?: return Departure(isDeclined = true)
            if (edited == redacted.messages) return current
            try {
                asConversation(edited)
            } catch (_: InputError) {
                // what was made of it is no conversation: nothing of it may leave
                return Departure(isDeclined = true)
            }
            current = masked(edited, edited = true)
            if (current.redacted?.messages == edited) return current
        }
        return Departure(isDeclined = true)
    }
}

/** What leaves, for the user to see. */
internal fun shown(redacted: RedactedMessages, cloud: Cloud): Redacted =
    Redacted(cloud.address, redacted.messages, redacted.masked, redacted.counts)
