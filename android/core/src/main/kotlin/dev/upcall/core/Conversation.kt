package dev.upcall.core

/** Most characters (code points) of a message: far above what any context holds, and redacted in well under a second. */
public const val MAX_MESSAGE_CHARACTERS: Int = 65_536

/** Who speaks. */
public enum class Role {
    SYSTEM,
    USER,
    ASSISTANT,
    ;

    /** The word of vectors, wire and templates. */
    public val value: String get() = name.lowercase()

    public companion object {
        /**
         * The role of a word such as `user`.
         *
         * @throws InputError it is the word of none; it is not told, as it may be the user's.
         */
        public fun of(value: String): Role = entryOf(value, "The role of a message is not known.")
    }
}

/**
 * One turn. Its content is private: it is left out of [toString].
 *
 * @property role who speaks.
 * @property content what was said.
 * @throws InputError the content is empty (a model's own answer may be), longer than [MAX_MESSAGE_CHARACTERS], or holds a
 *   lone surrogate.
 */
public data class Message(public val role: Role, public val content: String) {
    init {
        if (role != Role.ASSISTANT && content.all(::isSpace)) {
            throw InputError("The ${role.value} message is empty.", nextStep = "write something and ask again")
        }
        val length = content.codePointCount(0, content.length)
        if (length > MAX_MESSAGE_CHARACTERS) {
            throw InputError(
                "The ${role.value} message has $length characters.",
                allowed = "at most $MAX_MESSAGE_CHARACTERS",
                nextStep = "shorten it or ask about one part at a time",
            )
        }
        val broken = content.indexOfLoneSurrogate()
        if (broken >= 0) {
            throw InputError(
                "The ${role.value} message is not valid Unicode at character ${content.codePointCount(0, broken)}.",
                nextStep = "save it as UTF-8 and ask again",
            )
        }
    }

    override fun toString(): String = "Message(role=$role)"
}

/**
 * The conversation of one text: a single message of the user.
 *
 * @throws InputError the text is no message.
 */
public fun asConversation(text: String): List<Message> = listOf(Message(Role.USER, text))

/**
 * The messages, if a model can answer them: the user's question last.
 *
 * @throws InputError no messages, a system message that is not the first, or a last message that is not the user's.
 */
public fun asConversation(messages: List<Message>): List<Message> {
    val last =
        messages.lastOrNull()
            ?: throw InputError("The conversation is empty.", allowed = "one message or more, the last one the user's")
    if (last.role != Role.USER) {
        throw InputError("The last message is the ${last.role.value}'s.", allowed = "the user's")
    }
    if (messages.drop(1).any { it.role == Role.SYSTEM }) {
        throw InputError("A system message stands in the middle.", allowed = "at most one, as the first message")
    }
    return messages.toList()
}

/** Why an answer ended, in the terms of `upcall.protocol.v1.FinishReason`. */
public enum class FinishReason {
    STOP,
    LENGTH,
    ;

    /** The word of vectors and wire. */
    public val value: String get() = name.lowercase()
}

/** Where the first surrogate stands that has no partner, in UTF-16 units; −1 in a text of whole characters. */
internal fun String.indexOfLoneSurrogate(): Int {
    var at = 0
    while (at < length) {
        val unit = this[at]
        if (unit.isSurrogate()) {
            if (unit.isLowSurrogate() || at + 1 == length || !this[at + 1].isLowSurrogate()) return at
            at++
        }
        at++
    }
    return -1
}

/** White space as Python's `str.isspace` has it, which the JVM has not for U+0085. */
private fun isSpace(unit: Char): Boolean = unit.isWhitespace() || unit == '\u0085'
