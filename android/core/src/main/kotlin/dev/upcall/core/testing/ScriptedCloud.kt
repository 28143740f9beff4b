package dev.upcall.core.testing

import dev.upcall.core.Cloud
import dev.upcall.core.CloudPart
import dev.upcall.core.CloudQuestion
import dev.upcall.core.CloudText
import dev.upcall.core.CloudUsage
import dev.upcall.core.EscalationError
import dev.upcall.core.EscalationReason
import dev.upcall.core.FinishReason
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import java.util.concurrent.atomic.AtomicInteger

/**
 * A cloud that says what it is told to; remembers what it was asked.
 *
 * @param address shown to the user.
 * @param failAfter breaks off after so many pieces; null answers whole.
 * @param reason of the failure.
 * @param reply the pieces of the answer to a question.
 */
public class ScriptedCloud(
    override val address: String = "scripted",
    private val failAfter: Int? = null,
    private val reason: EscalationReason = EscalationReason.UNAVAILABLE,
    private val reply: (CloudQuestion) -> List<String>,
) : Cloud {
    private val asked = mutableListOf<CloudQuestion>()
    private val cancelled = AtomicInteger()

    /** What it was asked, in order. */
    public val questions: List<CloudQuestion> get() = synchronized(asked) { asked.toList() }

    /** Calls that were left before their end. */
    public val cancelledCount: Int get() = cancelled.get()

    override fun generate(question: CloudQuestion): Flow<CloudPart> = flow {
        synchronized(asked) { asked += question }
        val pieces = reply(question)
        try {
            pieces.take(failAfter ?: pieces.size).forEach { emit(CloudText(it)) }
        } catch (left: CancellationException) {
            cancelled.incrementAndGet()
            throw left
        }
        if (failAfter != null) throw EscalationError("The scripted cloud failed.", reason = reason)
        emit(CloudUsage(inputTokens = 1, outputTokens = pieces.size, finishReason = FinishReason.STOP))
    }

    override fun close(): Unit = Unit
}
