package dev.upcall.app.answering

import dev.upcall.core.redaction.Vault

private const val MOST = 32

/**
 * The vaults of the conversations that were used last, in memory only. Each conversation has its own, so that whoever sees two of them
 * cannot tell that they name the same person.
 */
internal class Vaults {
    private val kept = LinkedHashMap<Long, Vault>(MOST, 0.75f, true)

    /** That of the question that is being answered. */
    @Volatile
    var current: Vault? = null
        private set

    /** The vault of a conversation, from now on the current one; without a conversation a new one. */
    fun of(conversation: Long?): Vault {
        val vault = if (conversation == null) Vault() else kept.getOrPut(conversation) { Vault() }
        if (kept.size > MOST) kept.remove(kept.keys.first())
        current = vault
        return vault
    }

    /** The question was answered. */
    fun done() {
        current = null
    }
}
