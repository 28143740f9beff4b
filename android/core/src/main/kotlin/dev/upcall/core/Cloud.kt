package dev.upcall.core

import dev.upcall.core.decision.RouteDecision
import dev.upcall.core.decision.Strategy
import dev.upcall.core.redaction.RedactedMessages
import kotlinx.coroutines.flow.Flow

/**
 * One question as it leaves the device.
 *
 * @property requestId UUID4 in its usual text form.
 * @property redacted what is sent, already masked, with its report.
 * @property strategy what the user asked for.
 * @property decision why it is sent.
 * @property sampling how to choose tokens.
 * @property maxOutputTokens most tokens of the answer.
 * @property timeoutMs for the whole answer.
 */
public class CloudQuestion(
    public val requestId: String,
    public val redacted: RedactedMessages,
    public val strategy: Strategy,
    public val decision: RouteDecision,
    public val sampling: SamplingOptions,
    public val maxOutputTokens: Int,
    public val timeoutMs: Int,
)

/** A part of the cloud's answer. */
public sealed interface CloudPart

/** A piece of the answer, placeholders not yet restored. */
public class CloudText(public val text: String) : CloudPart

/** What the cloud's engine counted and why it ended; comes once, as the last part of a whole answer. */
public data class CloudUsage(
    public val inputTokens: Int,
    public val outputTokens: Int,
    public val finishReason: FinishReason,
) : CloudPart

/** A large model elsewhere. */
public interface Cloud : AutoCloseable {
    /** The address the words go to, for the user to see. */
    public val address: String

    /**
     * Stream one answer. Cancelling the collector cancels the call; a flow that completes means that the answer is whole.
     *
     * The flow throws [EscalationError] where the answer is not whole.
     */
    public fun generate(question: CloudQuestion): Flow<CloudPart>

    /** Drop the connection. */
    override fun close()
}
