package dev.upcall.core.redaction

/*
 * The grammar of placeholders, the same for masking, restoring and streaming.
 *
 * `[[EMAIL_1_k7]]`: a type, a number from 1 to 999999, the nonce of the vault in two lower-case base-36 characters. When
 * it comes back, letters may have another case, up to two spaces or line ends may stand after `[[`, around the two
 * separating `_` and before `]]`, and a backslash before each `_`, `[` and `]`, as Markdown writes them. Small models drop
 * brackets: so `EMAIL_1_k7` is one, too, exactly as minted and with no ASCII letter, digit or `_` beside it. Nothing else
 * is a placeholder.
 */

/** Stands in for each character of a placeholder where rules look; no rule matches it. */
internal const val BLANK: Char = '\u0000'

internal const val NONCE_LENGTH: Int = 2
internal const val NONCE_CHARACTERS: String = "0123456789abcdefghijklmnopqrstuvwxyz"

/** Spaces or line ends that may stand at each of six places. */
internal const val MOST_SPACES: Int = 2

/** The highest number of a placeholder. */
internal val LAST_NUMBER: Int = limits("placeholders").getValue("last_number")

/** Characters of the longest text that reads as a placeholder. */
internal val LONGEST_PLACEHOLDER: Int =
    2 * "[[]]".length +
        EntityType.entries.maxOf { type -> type.name.length + type.name.count { it == '_' } } +
        "\\_\\_".length + LAST_NUMBER.toString().length + NONCE_LENGTH + 6 * MOST_SPACES

/**
 * A text that reads as a placeholder, minted or not.
 *
 * @property start its first character.
 * @property end behind its last character.
 * @property minted the form in which it would be minted, such as `[[EMAIL_1_k7]]`.
 */
internal class FoundPlaceholder(val start: Int, val end: Int, val minted: String) {
    /** What it could be if words were cut: `IP_ADDRESS_1_k7` could be that, or `ADDRESS_1_k7`. */
    val forms: List<String>
        get() =
            listOf(minted) +
                EntityType.entries.mapNotNull { type ->
                    val cut = minted.indexOf("_${type.name}_")
                    if (cut < 0) null else "[[" + minted.substring(cut + 1)
                }
}

/** The placeholder as it is minted, for example `[[EMAIL_1_k7]]`. */
internal fun placeholder(entityType: EntityType, number: Int, nonce: String): String =
    "[[${entityType.name}_${number}_$nonce]]"

/** Whether a text can be the nonce of a vault. */
internal fun isNonce(text: String): Boolean = text.length == NONCE_LENGTH && text.all { it in NONCE_CHARACTERS }

/** Whether a character beside it makes a placeholder without brackets a part of a longer word. */
internal fun isWord(character: Char): Boolean =
    character in 'a'..'z' || character in 'A'..'Z' || character in '0'..'9' || character == '_'

/**
 * Texts that read as placeholders, minted or not: in order, none overlapping.
 *
 * @param text any text.
 * @param inWord it goes on from an ASCII letter, a digit or `_`.
 */
internal fun findPlaceholders(text: String, inWord: Boolean = false): List<FoundPlaceholder> =
    found(text, 0, text.length) { position ->
        when (text[position]) {
            '[', '\\' -> PlaceholderReader(text, position).bracketed()
            in 'A'..'Z' ->
                if (if (position == 0) inWord else isWord(text[position - 1])) {
                    null
                } else {
                    PlaceholderReader(text, position).bare()?.takeIf { it.end == text.length || !isWord(text[it.end]) }
                }
            else -> null
        }
    }

/** Texts that are placeholders, or would be if the words around them were cut: in order, none overlapping. */
internal fun plantedPlaceholders(text: String): List<FoundPlaceholder> = buildList {
    var position = 0
    for (whole in findPlaceholders(text)) {
        addAll(foundInWords(text, position, whole.start))
        add(whole)
        position = whole.end
    }
    addAll(foundInWords(text, position, text.length))
}

private fun foundInWords(text: String, start: Int, end: Int): List<FoundPlaceholder> = found(text, start, end) {
    if (text[it] in 'A'..'Z') PlaceholderReader(text, it, end).bare() else null
}

private inline fun found(text: String, start: Int, end: Int, at: (Int) -> FoundPlaceholder?): List<FoundPlaceholder> {
    if (text.indexOf('_', start) !in start until end) return emptyList()
    val found = mutableListOf<FoundPlaceholder>()
    var position = start
    while (position < end) {
        val one = at(position)
        if (one != null) found += one
        position = one?.end ?: (position + 1)
    }
    return found
}

/** The text, of the same length, with every placeholder blanked. */
internal fun blankPlaceholders(text: String): String {
    val found = findPlaceholders(text)
    if (found.isEmpty()) return text
    val blanked = StringBuilder(text)
    for (one in found) for (index in one.start until one.end) blanked.setCharAt(index, BLANK)
    return blanked.toString()
}

/**
 * Where the longest end of a text begins that can still become a placeholder; its length if there is none.
 *
 * @param text any text.
 * @param inWord it goes on from an ASCII letter, a digit or `_`.
 */
internal fun unfinishedFrom(text: String, inWord: Boolean = false): Int {
    val tail = maxOf(0, text.length - LONGEST_PLACEHOLDER)
    for (start in tail until text.length) {
        if (text[start] != '[' && text[start] != '\\') continue
        val reader = PlaceholderReader(text, start)
        if (reader.bracketed() == null && reader.isUnfinished) return start
    }
    var word = text.length
    while (word > tail && isWord(text[word - 1])) word--
    val isPart = word == tail && (inWord || tail > 0)
    if (isPart || word == text.length) return text.length
    val reader = PlaceholderReader(text, word)
    val whole = reader.bare()
    // A whole one waits, too: what follows may show that it is a part of a longer word.
    val waits = if (whole == null) reader.isUnfinished else whole.end == text.length
    return if (waits) word else text.length
}
