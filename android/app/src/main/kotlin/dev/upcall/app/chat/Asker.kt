package dev.upcall.app.chat

import dev.upcall.app.answering.AnswerService
import dev.upcall.app.data.AnswerRecorder
import dev.upcall.app.data.Asked
import dev.upcall.app.data.ConversationStore
import dev.upcall.app.settings.SettingsStore
import dev.upcall.core.Approve
import dev.upcall.core.Message
import dev.upcall.core.Redacted
import dev.upcall.core.Role
import dev.upcall.core.UpcallError
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.MutableSharedFlow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharedFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asSharedFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch

/**
 * Asks questions in conversations, and has their answers written down.
 *
 * It belongs to the application: an answer goes on when the screen turns, is left or closed.
 *
 * @param scope of the application, on one thread.
 */
class Asker(
    private val conversations: ConversationStore,
    private val settings: SettingsStore,
    private val answers: AnswerService,
    private val scope: CoroutineScope,
) {
    private val recorder = AnswerRecorder(conversations)
    private val jobs = mutableMapOf<Long, Job>()
    private val mutableOngoing = MutableStateFlow<Map<Long, OngoingAnswer>>(emptyMap())
    private val mutableApproval = MutableStateFlow<Approval?>(null)
    private val mutableErrors = MutableSharedFlow<UpcallError>(extraBufferCapacity = 8)
    private val latest = mutableMapOf<Long, OngoingAnswer>()
    private var approvals = System.nanoTime() // a screen may remember a number of an earlier process

    /** The answers that are being made, by conversation. */
    val ongoing: StateFlow<Map<Long, OngoingAnswer>> = mutableOngoing.asStateFlow()

    /** The question that waits for the user; null where none does. */
    val approval: StateFlow<Approval?> = mutableApproval.asStateFlow()

    /** What could not be written down. */
    val errors: SharedFlow<UpcallError> = mutableErrors.asSharedFlow()

    /** An answer that is being made, or was a moment ago. */
    fun ongoing(answerId: Long): OngoingAnswer? = latest.values.find { it.asked.answerId == answerId }

    /**
     * Write a question down and begin its answer.
     *
     * @param conversationId null begins a conversation.
     * @return the conversation.
     * @throws UpcallError the question cannot be written down.
     */
    suspend fun ask(conversationId: Long?, question: String): Long = scope
        .async {
            val asked = conversations.ask(conversationId, question)
            begin(asked)
            asked.conversationId
        }.await()

    /** Make the last answer of a conversation again, in its place. */
    fun regenerate(conversationId: Long) {
        scope.launch {
            try {
                conversations.regenerate(conversationId)?.let(::begin)
            } catch (error: UpcallError) {
                mutableErrors.emit(error)
            }
        }
    }

    /** Stop the answer that is being made in a conversation; what there is of it stays. */
    fun stop(conversationId: Long) {
        jobs[conversationId]?.cancel()
    }

    private fun begin(asked: Asked) {
        val ongoing = OngoingAnswer(asked)
        val id = asked.conversationId
        latest[id] = ongoing
        mutableOngoing.update { it + (id to ongoing) }
        jobs[id] =
            scope.launch {
                try {
                    answer(ongoing)
                } catch (error: UpcallError) {
                    mutableErrors.emit(error)
                } finally {
                    mutableOngoing.update { if (it[id] === ongoing) it - id else it }
                }
            }
    }

    private suspend fun answer(ongoing: OngoingAnswer) {
        val events =
            flow {
                val messages = conversations.history(ongoing.asked)
                val approve = approving(ongoing, messages).takeIf { settings.settings.first().showsBeforeSending }
                emitAll(answers.ask(messages, approve, ongoing.asked.conversationId))
            }
        recorder.record(ongoing.asked, events) { ongoing.show(it) }
    }

    /** Asks the user, once for what was masked and again for what had to be masked in an edit. */
    private fun approving(ongoing: OngoingAnswer, messages: List<Message>): Approve {
        var isAgain = false
        return { redacted: Redacted ->
            val approval = Approval(++approvals, ongoing.asked, redacted, isAgain)
            isAgain = true
            mutableApproval.value = approval
            ongoing.isAsking(true)
            try {
                approval.await()?.also { remember(ongoing.asked, messages, it) }
            } finally {
                mutableApproval.update { it.takeUnless { shown -> shown === approval } }
                ongoing.isAsking(false)
            }
        }
    }

    /** What the user took out of what leaves is not taken along to the next question either. */
    private suspend fun remember(asked: Asked, messages: List<Message>, leaving: List<Message>) {
        val turns = leaving.filter { it.role != Role.SYSTEM }
        val edits =
            turns.indices
                .associateWith { answers.restored(turns[it].content) }
                .filter { (place, text) -> text != messages.getOrNull(place)?.content }
        if (turns.size != messages.size || edits.isEmpty()) return
        try {
            conversations.remember(asked, edits)
        } catch (error: UpcallError) {
            mutableErrors.emit(error)
        }
    }
}
