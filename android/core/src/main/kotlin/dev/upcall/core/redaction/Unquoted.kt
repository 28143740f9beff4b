package dev.upcall.core.redaction

private const val TRAILING = ".,;:"
private const val CLOSING = ")]}>"
private const val OPENING = "([{<"
private const val LONGEST_NAME = 40 // characters behind the first of a name of the next value

/** Where a value without quotation marks ends: before the next pair of a list, markup, punctuation of the sentence. */
internal fun unquotedEnd(text: String, start: Int, end: Int): Int {
    val next = Next(text, text.after(end, LONGEST_NAME))
    var last = (start + 1 until end).firstOrNull(next::isAt) ?: end
    while (last > start + 1 && (text[last - 1] in TRAILING || closesNothing(text.substring(start, last)))) last--
    return last
}

private fun closesNothing(value: String): Boolean {
    val opening = OPENING.getOrNull(CLOSING.indexOf(value.last())) ?: return false
    return value.count { it == value.last() } > value.count { it == opening }
}

/** What follows a value that is not quoted: the next pair of a list, or markup. The text is read up to [limit]. */
private class Next(private val text: String, private val limit: Int) {
    fun isAt(index: Int): Boolean = when (val character = text[index]) {
        ';' -> isBlank(index + 1) || nameEnd(index + 1, " .-").let { it > 0 && isOneOf(it, "=") }
        ',' ->
            isBlank(index + 1) || isOneOf(index + 1, "\"'{[") ||
                nameEnd(index + 1, ".-").let { it > 0 && isOneOf(spacesEnd(it), ":=") }
        '<' -> isOneOf(index + 1, "/") || (index + 2 < limit && text.startsWith("br", index + 1))
        '&' -> nameEnd(index + 1, ".").let { it > 0 && isOneOf(it, "=") }
        '\\' -> isOneOf(index + 1, "nrt\"'")
        '|' -> spacesEnd(index + 1) == limit
        ')' -> isOneOf(spacesEnd(index + 1), ";{")
        else -> isEastAsian(character) && text[index - 1] in '!'..'~'
    }

    private fun isOneOf(index: Int, characters: String) = index < limit && text[index] in characters

    private fun isBlank(index: Int) = index >= limit || text[index] in Unicode.space

    private fun spacesEnd(index: Int): Int {
        var end = index
        while (end < limit && text[end] in Unicode.space) end++
        return end
    }

    /** Where a name of letters, digits, `_` and [others] ends; 0 where none begins, with an ASCII letter or `_`. */
    private fun nameEnd(index: Int, others: String): Int {
        val first = if (index < limit) text[index] else return 0
        if (first != '_' && (first in '0'..'9' || !first.isAsciiAlphanumeric())) return 0
        var end = index + 1
        repeat(LONGEST_NAME) {
            if (end >= limit) return end
            val point = text.codePointAt(end)
            if (point !in Unicode.alphanumeric && point != '_'.code && text[end] !in others) return end
            end += Character.charCount(point)
        }
        return end
    }

    private fun isEastAsian(character: Char) =
        character in '\u3040'..'\u30FF' || character in '\u4E00'..'\u9FFF' || character in '\uAC00'..'\uD7AF'
}
