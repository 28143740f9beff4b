package dev.upcall.app.data

import dev.upcall.core.MAX_MESSAGE_CHARACTERS
import dev.upcall.core.Message
import dev.upcall.core.Role

/** Most characters that are shared: what Android passes between apps is limited to about a megabyte in all. */
internal const val LONGEST_TRANSCRIPT = 100_000

/** The last question, and the turns before it that have an answer. */
internal fun askedOf(messages: List<ChatMessage>): List<ChatMessage> {
    val question = messages.lastOrNull { it.role == Role.USER } ?: return emptyList()
    val turns =
        messages
            .takeWhile { it.id < question.id }
            .zipWithNext { asked, answer ->
                if (asked.role == Role.USER &&
                    answer.isAnswer
                ) {
                    listOf(asked, answer)
                } else {
                    null
                }
            }.filterNotNull()
            .flatten()
    return turns + question
}

/** What a model is asked; what was edited before it left is not taken along as it was typed. */
internal fun historyOf(messages: List<ChatMessage>): List<Message> =
    askedOf(messages).map { Message(it.role, withinLimit(it.remembered ?: it.text)) }

private val ChatMessage.isAnswer: Boolean get() = role == Role.ASSISTANT && text.isNotBlank()

private fun withinLimit(text: String): String = if (text.codePointCount(0, text.length) <= MAX_MESSAGE_CHARACTERS) {
    text
} else {
    text.substring(0, text.offsetByCodePoints(0, MAX_MESSAGE_CHARACTERS))
}

/** A conversation as plain text: its title and the newest messages that fit. */
internal fun transcriptOf(title: String, messages: List<ChatMessage>, speaker: (Role) -> String): String {
    val parts = ArrayDeque<String>()
    var length = title.length
    for (message in messages.asReversed()) {
        if (message.text.isBlank()) continue
        val part = "${speaker(message.role)}:\n${message.text}"
        length += part.length + 2
        if (length > LONGEST_TRANSCRIPT) {
            parts.addFirst("…")
            break
        }
        parts.addFirst(part)
    }
    return (listOf(title) + parts).joinToString("\n\n")
}
