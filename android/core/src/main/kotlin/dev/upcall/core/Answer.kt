package dev.upcall.core

import dev.upcall.core.decision.Circumstances
import dev.upcall.core.decision.Place
import dev.upcall.core.decision.RouteDecision

/**
 * What the answer is now: the events of one question, folded, the same for every face that shows them. A draft is held back
 * until it has become the answer.
 */
public class Answer {
    /** Of the answer as far as it goes; what a later decision made void is not in it. */
    public var text: String = ""
        private set

    /** The last decision; null while a draft is made. */
    public var decision: RouteDecision? = null
        private set

    /** What [decision] was decided by. */
    public var given: Circumstances? = null
        private set

    /** What left the device, if anything did. */
    public var redacted: Redacted? = null
        private set

    /** Of the cloud's answer; null without one. */
    public var restored: Restored? = null
        private set

    /** What a whole answer took. */
    public var usage: Usage? = null
        private set

    /** The whole answer, at its end. */
    public var done: Done? = null
        private set

    /** Why there is none. */
    public var error: UpcallError? = null
        private set

    /** Why the cloud's answer is missing, where the device had to answer in its place. */
    public val cloudError: UpcallError? get() = done?.cloudError

    /** Take in an event; the text that is to be shown now, after what was shown before. */
    public fun add(event: Event): String {
        when (event) {
            is Token -> {
                text += event.text
                return if (decision == null) "" else event.text
            }
            is Decided -> return decided(event)
            is Redacted -> redacted = event
            is Restored -> restored = event
            is Usage -> usage = event
            is Done -> done = event
            is Failed -> error = event.error
        }
        return ""
    }

    private fun decided(event: Decided): String {
        val isFirst = decision == null
        decision = event.decision
        given = event.given
        if (isFirst && event.decision.place == Place.DEVICE) return text
        text = ""
        return ""
    }
}
