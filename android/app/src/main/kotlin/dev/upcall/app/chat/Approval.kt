package dev.upcall.app.chat

import dev.upcall.app.data.Asked
import dev.upcall.core.Message
import dev.upcall.core.Redacted
import kotlinx.coroutines.CompletableDeferred

/**
 * A question that waits: it leaves as the user approves, or not at all.
 *
 * @property number of this approval, which no other has.
 * @property asked which question.
 * @property redacted exactly what would leave.
 * @property isAgain what the user edited was searched again, and more of it had to be masked.
 */
class Approval(val number: Long, val asked: Asked, val redacted: Redacted, val isAgain: Boolean) {
    private val answer = CompletableDeferred<List<Message>?>()

    /** Send these messages. If more of them has to be masked, the user is asked again. */
    fun send(messages: List<Message>) {
        answer.complete(messages)
    }

    /** Keep the question: the device answers. */
    fun keep() {
        answer.complete(null)
    }

    internal suspend fun await(): List<Message>? = answer.await()
}
