package dev.upcall.core.redaction

/**
 * Reads one placeholder. Its grammar leaves no choice, so no character is read twice but in looking for the type.
 *
 * @param text any text.
 * @param start where it begins.
 * @param end where the text ends for the reader.
 */
internal class PlaceholderReader(private val text: String, private val start: Int, private val end: Int = text.length) {
    private var position = start

    /** The text ended before the placeholder did. */
    var isUnfinished: Boolean = false
        private set

    /** `[[TYPE_number_nonce]]` in any spelling that is read, or null. */
    fun bracketed(): FoundPlaceholder? {
        if (!twice('[')) return null
        spaces()
        val type = type(::lenientLetter) ?: return null
        if (!separator()) return null
        val number = number() ?: return null
        if (!separator()) return null
        val nonce = nonce(isLenient = true) ?: return null
        spaces()
        return if (twice(']')) found(type, number, nonce) else null
    }

    /** `TYPE_number_nonce` exactly as minted, or null. */
    fun bare(): FoundPlaceholder? {
        val type = type(::read) ?: return null
        if (!read('_')) return null
        val number = number() ?: return null
        if (!read('_')) return null
        return nonce(isLenient = false)?.let { found(type, number, it) }
    }

    private fun found(type: EntityType, number: Int, nonce: String) =
        FoundPlaceholder(start, position, placeholder(type, number, nonce))

    private fun read(character: Char): Boolean {
        isUnfinished = position == end
        val isRead = !isUnfinished && text[position] == character
        if (isRead) position++
        return isRead
    }

    private fun isNext(character: Char) = position < end && text[position] == character

    // Both brackets with a backslash or none: a mask after a backslash of the text itself keeps it.
    private fun twice(bracket: Char): Boolean {
        val isEscaped = isNext('\\')
        return (1..2).all { (!isEscaped || read('\\')) && read(bracket) }
    }

    private fun spaces() = repeat(MOST_SPACES) { if (position < end && text[position] in " \r\n") position++ }

    private fun separator(): Boolean {
        spaces()
        val isRead = line()
        spaces()
        return isRead
    }

    private fun line() = (!isNext('\\') || read('\\')) && read('_')

    private inline fun type(letter: (Char) -> Boolean): EntityType? {
        val first = position
        var isBegun = false
        for (type in EntityType.entries) {
            position = first
            if (type.name.all(letter)) return type
            isBegun = isBegun || isUnfinished
        }
        isUnfinished = isBegun
        return null
    }

    private fun lenientLetter(letter: Char) = when (letter) {
        '_' -> line()
        else -> read(letter) || read(letter.lowercaseChar())
    }

    private fun number(): Int? {
        val first = position
        isUnfinished = first == end
        while (position < end && position - first < LAST_NUMBER_DIGITS && text[position] in '0'..'9') position++
        return if (position == first || text[first] == '0') null else text.substring(first, position).toInt()
    }

    private fun nonce(isLenient: Boolean): String? {
        val first = position
        while (position < end && position - first < NONCE_LENGTH) {
            val character = text[position]
            if (character !in NONCE_CHARACTERS && !(isLenient && character in 'A'..'Z')) return null
            position++
        }
        isUnfinished = position - first < NONCE_LENGTH
        return if (isUnfinished) null else text.substring(first, position).lowercase()
    }

    private companion object {
        val LAST_NUMBER_DIGITS = LAST_NUMBER.toString().length
    }
}
