package dev.upcall.core.redaction

import dev.upcall.core.InputError
import java.security.MessageDigest

/** What to do with a finding. */
public enum class Action {
    /** A conversation that holds one stays on the device. */
    BLOCK,

    /** A placeholder leaves in its place. */
    MASK,

    /** It leaves as it is. */
    ALLOW,
    ;

    /** The word of policies and vectors. */
    public val value: String get() = name.lowercase()
}

/**
 * What happens to each kind of private text; what is not named is masked.
 *
 * @param actions by type; copied.
 * @property unreadScript what to do with a text in letters that the name model does not read, such as Cyrillic or Thai: allow,
 *   or block, which keeps it on the device. Most names in it are not found.
 * @throws InputError the action for unread scripts is to mask, which nothing can.
 */
public class Policy(actions: Map<EntityType, Action> = emptyMap(), public val unreadScript: Action = Action.ALLOW) {
    /** The actions given, by type. */
    public val actions: Map<EntityType, Action> = actions.toMap()

    init {
        if (unreadScript == Action.MASK) throw unknownUnreadScript(unreadScript.value)
    }

    /** What to do with a finding of this type. */
    public fun action(entityType: EntityType): Action = actions[entityType] ?: Action.MASK

    /**
     * Names the policy in the report: `1` for the default, with a digest of the actions where they differ from it.
     *
     * The digest is the first 8 hexadecimal digits of the SHA-256 of one line `TYPE=action` for each type that is not masked,
     * in alphabetical order, then `unread_script=block` where that is so, each with a line feed at its end. It tells nothing
     * of the user's own terms.
     */
    public val version: String
        get() {
            val changed = actions.filterValues { it != Action.MASK }.map { (type, action) -> "$type=${action.value}\n" }
            val unread = "unread_script=${unreadScript.value}\n".takeIf { unreadScript == Action.BLOCK }
            val lines = changed.sorted().joinToString("") + unread.orEmpty()
            if (lines.isEmpty()) return VERSION
            val digest = MessageDigest.getInstance("SHA-256").digest(lines.encodeToByteArray())
            return "$VERSION+" + digest.copyOf(DIGEST_BYTES).toHexString()
        }

    /** The types that may leave as they are, in the order of [EntityType]. */
    public val allowed: List<EntityType> get() = EntityType.entries.filter { action(it) == Action.ALLOW }

    override fun equals(other: Any?): Boolean =
        other is Policy && actions == other.actions && unreadScript == other.unreadScript

    override fun hashCode(): Int = 31 * actions.hashCode() + unreadScript.hashCode()

    override fun toString(): String = "Policy(actions=$actions, unreadScript=$unreadScript)"

    public companion object {
        private const val VERSION = "1"
        private const val DIGEST_BYTES = 4

        /**
         * Reads a policy from plain names, such as `mapOf("EMAIL" to "allow", "SECRET" to "block")`.
         *
         * @param actions an action for each type.
         * @param unreadScript `allow` or `block`.
         * @throws InputError a type or an action is not known.
         */
        public fun parse(actions: Map<String, String>, unreadScript: String = Action.ALLOW.value): Policy {
            val parsed = actions.entries.associate { (type, action) -> entityType(type) to action(type, action) }
            val unread = Action.entries.find { it.value == unreadScript } ?: throw unknownUnreadScript(unreadScript)
            return Policy(parsed, unread)
        }

        private fun entityType(name: String) = EntityType.entries.find { it.name == name } ?: throw InputError(
            "The redaction policy names the type ${quoted(name)}, which does not exist.",
            allowed = EntityType.entries.joinToString(),
        )

        private fun action(type: String, name: String) = Action.entries.find { it.value == name } ?: throw InputError(
            "The redaction policy gives $type the action ${quoted(name)}.",
            allowed = Action.entries.joinToString { it.value },
        )

        private fun unknownUnreadScript(action: String) = InputError(
            "The redaction policy gives unread_script the action ${quoted(action)}.",
            allowed = "${Action.ALLOW.value}, ${Action.BLOCK.value}",
        )
    }
}

private const val LONGEST_QUOTATION = 40

/** A word of the user's policy as an error tells it. */
internal fun quoted(word: String): String = "'${word.substring(0, word.after(0, LONGEST_QUOTATION))}'"
