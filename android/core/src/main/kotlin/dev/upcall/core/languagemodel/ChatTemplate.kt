package dev.upcall.core.languagemodel

import dev.upcall.core.Message
import dev.upcall.core.Role
import dev.upcall.core.asConversation

/**
 * A run of text.
 *
 * @property isTemplate whether the template wrote it: special tokens count as such only there.
 */
public data class Piece(public val text: String, public val isTemplate: Boolean)

/** What stands before and after a message of one role. */
public data class RoleFormat(public val prefix: String, public val suffix: String)

/**
 * A chat template as prefixes and suffixes, so that no device needs a template engine.
 *
 * @property beginning before the first message; may be empty.
 * @property roles the form of each role's messages; a missing one has neither prefix nor suffix.
 * @property generationPrefix after the last message, before the answer.
 * @property defaultSystem the system message of a conversation that has none; null adds none.
 */
public data class ChatTemplate(
    public val beginning: String,
    public val roles: Map<Role, RoleFormat>,
    public val generationPrefix: String,
    public val defaultSystem: String? = null,
) {
    /**
     * The prompt for the next assistant turn.
     *
     * @throws dev.upcall.core.InputError no messages, a system message that is not the first, or a last message that is not
     *   the user's.
     */
    public fun render(messages: List<Message>): List<Piece> {
        val conversation = asConversation(messages)
        return buildList {
            add(Piece(beginning, isTemplate = true))
            if (conversation.first().role != Role.SYSTEM && defaultSystem != null) {
                addTurn(Role.SYSTEM, Piece(defaultSystem, isTemplate = true))
            }
            for (message in conversation) addTurn(message.role, Piece(message.content, isTemplate = false))
            add(Piece(generationPrefix, isTemplate = true))
        }.filter { it.text.isNotEmpty() }
    }

    private fun MutableList<Piece>.addTurn(role: Role, content: Piece) {
        val form = roles[role]
        add(Piece(form?.prefix.orEmpty(), isTemplate = true))
        add(content)
        add(Piece(form?.suffix.orEmpty(), isTemplate = true))
    }
}
