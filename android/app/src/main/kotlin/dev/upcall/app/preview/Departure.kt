package dev.upcall.app.preview

import androidx.compose.runtime.Immutable
import dev.upcall.core.InputError
import dev.upcall.core.Message
import dev.upcall.core.Redacted
import dev.upcall.core.Role
import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Masked
import dev.upcall.core.redaction.PLACEHOLDER_INSTRUCTION

/**
 * What would leave, as the user has made it by now. Its texts are private: they are left out of [toString].
 *
 * @property address to whom.
 * @property texts of the messages, in their order.
 * @property roles of the messages.
 * @property masked placeholders that stand in the texts, those that the user added last.
 */
@Immutable
internal data class Departure(
    val address: String,
    val roles: List<Role>,
    val texts: List<String>,
    val masked: List<Masked>,
) {
    /** How many values are masked, by type, as far as their placeholders still stand in a text. */
    val counts: Map<EntityType, Int>
        get() = masked.filter { mask -> texts.any { mask.placeholder in it } }.groupingBy { it.entityType }.eachCount()

    /** After one message was edited. */
    fun edited(index: Int, text: String): Departure = copy(texts = texts.toMutableList().also { it[index] = text })

    /**
     * After a value was masked, wherever it stands in what was said.
     *
     * @param value as it is written.
     * @param placeholder minted for it.
     */
    fun masked(value: String, placeholder: String): Departure {
        val added = Masked(placeholder, EntityType.CUSTOM)
        val all = if (added in masked) masked else masked + added
        return copy(
            texts =
                texts.zip(roles) { text, role ->
                    if (role == Role.SYSTEM) text else replaceOutside(text, value, placeholder, all)
                },
            masked = all,
        )
    }

    /** After a placeholder was taken out, wherever it stands. */
    fun without(placeholder: String): Departure = copy(texts = texts.map { it.replace(placeholder, "…") })

    /**
     * What to send.
     *
     * @throws InputError a message is empty or too long.
     */
    fun messages(): List<Message> {
        val messages = roles.zip(texts, ::Message)
        val hasMasks = masked.any { mask -> texts.any { mask.placeholder in it } }
        // As the search itself does where it masks: a model that does not know what a placeholder is would change it.
        if (!hasMasks || texts.any { PLACEHOLDER_INSTRUCTION in it }) return messages
        val first = messages.first()
        if (first.role != Role.SYSTEM) return listOf(Message(Role.SYSTEM, PLACEHOLDER_INSTRUCTION)) + messages
        return listOf(Message(Role.SYSTEM, "${first.content}\n\n$PLACEHOLDER_INSTRUCTION")) + messages.drop(1)
    }

    override fun toString(): String = "Departure(address=$address, messages=${texts.size}, masked=${masked.size})"
}

/** What was shown for approval. */
internal fun departure(redacted: Redacted): Departure = Departure(
    address = redacted.address,
    roles = redacted.messages.map { it.role },
    texts = redacted.messages.map { it.content },
    masked = redacted.masked,
)

/** Where a placeholder stands in a text. */
internal data class Mark(val start: Int, val end: Int, val mask: Masked)

/** The placeholders of a text, in their order. */
internal fun marks(text: String, masked: List<Masked>): List<Mark> = masked
    .flatMap { mask ->
        generateSequence(text.indexOf(mask.placeholder)) { text.indexOf(mask.placeholder, it + 1) }
            .takeWhile { it >= 0 }
            .map { Mark(it, it + mask.placeholder.length, mask) }
    }.sortedBy { it.start }

/** What of a selection may be masked: null where it holds nothing or touches a placeholder. */
internal fun maskable(text: String, start: Int, end: Int, masked: List<Masked>): String? {
    val selected = text.substring(start, end).trim()
    val touches = marks(text, masked).any { it.start < end && start < it.end }
    return selected.takeIf { it.isNotEmpty() && !touches }
}

private fun replaceOutside(text: String, value: String, placeholder: String, masked: List<Masked>): String {
    val result = StringBuilder()
    var position = 0
    for (mark in marks(text, masked)) {
        result.append(text.substring(position, mark.start).replace(value, placeholder))
        result.append(text, mark.start, mark.end)
        position = mark.end
    }
    return result.append(text.substring(position).replace(value, placeholder)).toString()
}
