package dev.upcall.core.redaction

import dev.upcall.core.InputError
import dev.upcall.core.RedactionError
import java.security.SecureRandom

/**
 * One value kept.
 *
 * @property entityType its type.
 * @property value as it was written. Private, so it is left out of [toString].
 * @property isNumber it stood in JSON as a bare number and is restored as one there.
 */
public data class VaultEntry(
    public val entityType: EntityType,
    public val value: String,
    public val isNumber: Boolean = false,
) {
    override fun toString(): String = "VaultEntry(entityType=$entityType, isNumber=$isNumber)"
}

/**
 * What stands behind the placeholders of one conversation: gives placeholders for values and values for placeholders.
 *
 * It lives in memory and never leaves the device. One for each conversation; not for several threads at once. A value is
 * kept as it was written, so that what is restored is the same to the last character: two spellings of one address have two
 * placeholders.
 *
 * @property nonce two lower-case base-36 characters in which all placeholders of this vault end; by default random.
 * @throws InputError the nonce has another form.
 */
public open class Vault(public val nonce: String = randomNonce()) {
    private val placeholders = LinkedHashMap<VaultEntry, String>()
    private val entries = LinkedHashMap<String, Numbered>()
    private val reserved = HashSet<String>()
    private val last = HashMap<EntityType, Int>()

    init {
        if (!isNonce(nonce)) {
            throw InputError("The nonce of a vault has another form.", allowed = "two of 0-9 and a-z")
        }
    }

    /** Every value kept, with its type, in the order of minting. Private. */
    public val values: List<VaultEntry> get() = placeholders.keys.toList()

    /** Whether a placeholder, in the form in which it is minted, belongs to this vault. */
    public fun isMinted(placeholder: String): Boolean = placeholder in entries

    /** What stands behind a placeholder, in the form in which it is minted; null if it is not of this vault. */
    public fun entry(placeholder: String): VaultEntry? = entries[placeholder]?.entry

    /** Never mint the placeholders that this text already holds: nobody can plant one that later stands for a value. */
    public fun reserve(text: String) {
        for (planted in plantedPlaceholders(text)) reserved += planted.forms
    }

    /**
     * The placeholder of a value: always the same one for the same entry, never one for two entries.
     *
     * @throws RedactionError all numbers of the type are used.
     */
    public fun placeholder(entityType: EntityType, value: String, isNumber: Boolean = false): String {
        val entry = VaultEntry(entityType, value, isNumber)
        placeholders[entry]?.let { return it }
        var number = (last[entityType] ?: 0) + 1
        while (placeholder(entityType, number, nonce) in reserved) number++
        if (number > LAST_NUMBER) {
            throw RedactionError("More than $LAST_NUMBER values to mask.", nextStep = "begin a new conversation")
        }
        return keep(Numbered(number, entry))
    }

    private fun keep(numbered: Numbered): String {
        val (number, entry) = numbered
        last[entry.entityType] = number
        val minted = placeholder(entry.entityType, number, nonce)
        placeholders[entry] = minted
        entries[minted] = numbered
        return minted
    }

    /** All that the vault knows. Private. */
    internal fun contents(): VaultContents = VaultContents(nonce, entries.values.toList(), reserved.sorted())

    /**
     * Takes over what another vault of the same nonce knew.
     *
     * @throws InputError the numbers of a type do not grow from 1 to 999999.
     */
    internal fun take(contents: VaultContents) {
        reserved += contents.reserved
        for (numbered in contents.entries) {
            if (numbered.number !in (last[numbered.entry.entityType] ?: 0) + 1..LAST_NUMBER) {
                throw InputError("The entries of a vault are out of order.")
            }
            keep(numbered)
        }
    }

    /** The text with every placeholder of this vault replaced by its value, once; all else is left as it is. */
    public fun restore(text: String): String = restoreCounted(text).text

    /**
     * Restores a text as [restore] does, and counts the placeholders replaced.
     *
     * @param inWord it goes on from an ASCII letter, a digit or `_`.
     */
    internal fun restoreCounted(text: String, inWord: Boolean = false): Restoration {
        var position = 0
        var count = 0
        val restored = StringBuilder()
        for (found in findPlaceholders(text, inWord)) {
            val entry = entry(found.minted) ?: continue
            restored.append(text, position, found.start).append(entry.value)
            position = found.end
            count++
        }
        return Restoration(if (count == 0) text else restored.append(text, position, text.length).toString(), count)
    }

    override fun toString(): String = "${this::class.java.simpleName}(${entries.size} values)"

    private companion object {
        fun randomNonce(): String {
            val random = SecureRandom()
            return String(CharArray(NONCE_LENGTH) { NONCE_CHARACTERS[random.nextInt(NONCE_CHARACTERS.length)] })
        }
    }
}

/** An entry with the number of its placeholder. */
internal data class Numbered(val number: Int, val entry: VaultEntry)

/** All that a vault knows: nonce, numbers with their entries in the order of minting, and the placeholders reserved. */
internal class VaultContents(val nonce: String, val entries: List<Numbered>, val reserved: List<String>)

/** A text with its placeholders replaced, and how many those were. */
internal class Restoration(val text: String, val count: Int)
