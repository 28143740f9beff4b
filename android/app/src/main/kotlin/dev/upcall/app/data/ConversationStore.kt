package dev.upcall.app.data

import dev.upcall.core.InputError
import dev.upcall.core.Message
import dev.upcall.core.OutputError
import dev.upcall.core.Role
import kotlinx.coroutines.flow.Flow

/** Messages that a chat shows at first. */
const val FIRST_MESSAGES: Int = 200

/** Most characters of a title. */
const val LONGEST_TITLE: Int = 80

/**
 * The conversations on this device. Safe to call from the main thread.
 *
 * At its first use, answers that a dead process left half made become [MessageState.INTERRUPTED] with the text that was written,
 * and conversations that were deleted are gone for good. All functions and flows throw [OutputError] where the storage is full or
 * broken: its message may be shown.
 */
interface ConversationStore {
    /** All of them, the last used first, as they change. */
    val conversations: Flow<List<Conversation>>

    /** The newest messages of one, at most [most], the oldest of them first, as they change. Ask for more to show earlier ones. */
    fun messages(conversationId: Long, most: Int = FIRST_MESSAGES): Flow<List<ChatMessage>>

    /** How many messages one has, as it changes. */
    fun messageCount(conversationId: Long): Flow<Int>

    /**
     * Write down a question and begin its answer.
     *
     * @param conversationId null begins a conversation, named by the first words of the question.
     * @throws InputError the question is empty, too long or not valid Unicode, or the conversation was deleted.
     */
    suspend fun ask(conversationId: Long?, question: String): Asked

    /**
     * Begin the last answer anew, in its place: the old one is kept until there is text of the new one. Null where the conversation
     * does not end with an answer, or it is being made.
     */
    suspend fun regenerate(conversationId: Long): Asked?

    /** What is to be answered: the messages up to the question of that answer, without those that hold nothing. */
    suspend fun history(asked: Asked): List<Message>

    /**
     * Take the user's edits of what leaves for an answer along to later questions, in place of what was typed. The chat goes on
     * showing that.
     *
     * @param edits by place in [history].
     */
    suspend fun remember(asked: Asked, edits: Map<Int, String>)

    /** Keep what there is of an answer; replaces what was kept. [AnswerRecorder] calls it a few times a second. */
    suspend fun keep(answerId: Long, text: String)

    /**
     * End an answer.
     *
     * @param state anything but [MessageState.STREAMING].
     * @param text all there is of it.
     * @param trace where it came from and why.
     */
    suspend fun finish(answerId: Long, state: MessageState, text: String, trace: AnswerTrace?)

    /** Where an answer came from and why; null for a question, and before the end of an answer. */
    suspend fun trace(answerId: Long): AnswerTrace?

    /** Name a conversation; a blank title changes nothing, a long one is cut to [LONGEST_TITLE] characters. */
    suspend fun rename(conversationId: Long, title: String)

    /** Take a conversation off the list. It can be put back with [restore] until [purge] or the next start. */
    suspend fun delete(conversationId: Long)

    /** Put back a deleted conversation. */
    suspend fun restore(conversationId: Long)

    /** Erase what was deleted, for good. */
    suspend fun purge()

    /**
     * A conversation as plain text, to share: the newest messages that fit into 100,000 characters.
     *
     * @param speaker what to call who speaks.
     */
    suspend fun export(conversationId: Long, speaker: (Role) -> String): String
}

/**
 * A question that was written down.
 *
 * @property conversationId where.
 * @property answerId the answer that was begun; give it to [AnswerRecorder.record].
 */
data class Asked(val conversationId: Long, val answerId: Long)
