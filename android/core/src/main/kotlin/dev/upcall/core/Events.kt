package dev.upcall.core

import dev.upcall.core.decision.Circumstances
import dev.upcall.core.decision.Place
import dev.upcall.core.decision.RouteDecision
import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Masked

/** What [Session.ask] emits: nothing else reports progress. */
public sealed interface Event

/**
 * Where the answer comes from. All tokens before it from another place are void: a draft, or a cloud answer cut off.
 *
 * A second one in the same question says that the cloud failed and the device answers.
 *
 * @property decision where, and the first rule that decided.
 * @property given all that it was decided by.
 */
public data class Decided(public val decision: RouteDecision, public val given: Circumstances) : Event

/**
 * Exactly what leaves the device, just before it does.
 *
 * @property address to whom.
 * @property messages as sent.
 * @property masked placeholders and their types; the values stay in the vault.
 * @property counts distinct values masked by type.
 */
public class Redacted(
    public val address: String,
    public val messages: List<Message>,
    public val masked: List<Masked>,
    public val counts: Map<EntityType, Int>,
) : Event

/**
 * Asked just before anything leaves, with exactly what would. Returns the messages to send, edited or not, or null to answer on
 * the device.
 */
public typealias Approve = suspend (Redacted) -> List<Message>?

/** A piece of the answer, placeholders restored. It is private: [toString] leaves it out. */
public class Token(public val text: String, public val place: Place) : Event {
    override fun toString(): String = "Token(place=$place)"
}

/**
 * What became of the placeholders in the cloud's answer.
 *
 * @property count how many were replaced by their values.
 * @property alteredCount texts that carry the session's nonce as a placeholder does and are none of it: the model changed them,
 *   so they stand in the answer as they came.
 */
public data class Restored(public val count: Int, public val alteredCount: Int = 0) : Event

/**
 * What the answer took, in wall-clock milliseconds.
 *
 * Speed and time to the first token are those of generation: what a failed call to the cloud cost is told apart, however long a
 * finished draft was held meanwhile.
 *
 * @property place where the answer came from.
 * @property inputTokens of the whole prompt, cached ones too.
 * @property outputTokens of the answer.
 * @property timeToFirstTokenMs from the question to the first piece of the answer's text, without what a failed call took; null
 *   for an answer without text.
 * @property totalMs from the question to the end, all included.
 * @property tokensPerS output tokens after the first by the time they took to make; null for a single token.
 * @property lostMs what a call to the cloud took that gave no whole answer; 0 where none failed.
 */
public data class Usage(
    public val place: Place,
    public val inputTokens: Int,
    public val outputTokens: Int,
    public val timeToFirstTokenMs: Double?,
    public val totalMs: Double,
    public val tokensPerS: Double?,
    public val lostMs: Double = 0.0,
) : Event

/**
 * The whole answer. Its text is private: [toString] leaves it out.
 *
 * @property answer its text.
 * @property decision the last one; its place is where the answer comes from.
 * @property finishReason the model ended it, or a limit did.
 * @property cloudError why the cloud's answer is missing, when the device had to answer in its place.
 */
public class Done(
    public val answer: String,
    public val decision: RouteDecision,
    public val finishReason: FinishReason,
    public val cloudError: UpcallError? = null,
) : Event {
    override fun toString(): String = "Done(decision=$decision, finishReason=$finishReason)"
}

/** No answer at all. */
public class Failed(public val error: UpcallError) : Event
