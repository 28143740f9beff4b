package dev.upcall.app.data

import dev.upcall.core.Role
import dev.upcall.core.decision.Place

/**
 * One conversation as the list shows it. Its title is private: it is left out of [toString].
 *
 * @property id of the conversation.
 * @property title the first words of its first question, or what the user named it.
 * @property createdAtMs since 1970.
 * @property updatedAtMs of its last question; the list is sorted by it.
 */
data class Conversation(val id: Long, val title: String, val createdAtMs: Long, val updatedAtMs: Long) {
    override fun toString(): String = "Conversation(id=$id)"
}

/** How far an answer is. A question is always [DONE]. */
enum class MessageState {
    /** It is being made now, by this process. */
    STREAMING,
    DONE,

    /** The user stopped it; its text is what there was by then. */
    STOPPED,

    /** The process that made it died; its text is what was written by then. */
    INTERRUPTED,

    /** There is none, or only a part; [ChatMessage.error] says why. */
    FAILED,
}

/**
 * One question or answer as the chat shows it. Its text is private: it is left out of [toString].
 *
 * @property id stays the same when an answer is made again, so it is the key of a row.
 * @property conversationId where it stands.
 * @property role user or assistant.
 * @property text empty while [MessageState.STREAMING]: who asks shows the text from the events, and the store keeps a copy apart
 *   until the answer ends, so that a list of a thousand messages is not read again for each word.
 * @property state how far it is.
 * @property createdAtMs since 1970.
 * @property place where the answer came from; null for a question and before the end.
 * @property remembered what the user made of it before it left: later questions take it along in place of [text]. Null where
 *   nothing was edited.
 * @property error what went wrong with it or with the cloud, and what to do now, as [TracedError.message]; null where nothing did.
 */
data class ChatMessage(
    val id: Long,
    val conversationId: Long,
    val role: Role,
    val text: String,
    val state: MessageState,
    val createdAtMs: Long,
    val place: Place? = null,
    val error: String? = null,
    val remembered: String? = null,
) {
    override fun toString(): String = "ChatMessage(id=$id, role=$role, state=$state, place=$place)"
}
