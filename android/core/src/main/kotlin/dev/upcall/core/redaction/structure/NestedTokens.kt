package dev.upcall.core.redaction.structure

internal enum class NestedKind { STRING, ASSIGNMENT, WORD, OPENING, CLOSING, SEPARATOR }

/**
 * Strings, words, brackets and signs of a text, in order; reads each character at most a few times.
 *
 * A quotation mark that is not closed on its line belongs to nothing.
 */
internal class NestedTokens(private val text: String) {
    /** Where the token that was read last begins. */
    var start: Int = 0
        private set

    /** Where it ends. */
    var end: Int = 0
        private set

    private val unclosed = IntArray(2) // up to where no mark, double and single, begins a string

    /** Reads on; null at the end of the text. */
    fun next(): NestedKind? {
        start = end
        while (start < text.length) {
            val kind = kindAt(start)
            if (kind != null) return kind
            start++
        }
        end = start
        return null
    }

    private fun kindAt(index: Int): NestedKind? = when (val character = text[index]) {
        '"', '\'' -> stringEnd(index, character).let { if (it > index) ended(it, NestedKind.STRING) else null }
        ':', '=' -> ended(if (text.startsWith(">", index + 1)) index + 2 else index + 1, NestedKind.ASSIGNMENT)
        '[', '{', '(' -> ended(index + 1, NestedKind.OPENING)
        ']', '}', ')' -> ended(index + 1, NestedKind.CLOSING)
        ',', ';' -> ended(index + 1, NestedKind.SEPARATOR)
        else ->
            when {
                character.isSpace() -> null
                text.startsWith("<-", index) -> ended(index + 2, NestedKind.ASSIGNMENT)
                else -> ended(text.skip(index + 1) { !it.isSpace() && it !in NO_WORD }, NestedKind.WORD)
            }
    }

    private fun ended(at: Int, kind: NestedKind): NestedKind {
        end = at
        return kind
    }

    /**
     * Where a string ends that begins with a mark at [from]; [from] where it is none.
     *
     * The mark ends it, but not behind a backslash; single marks in pairs stand in it for one, as long as another follows.
     * Where a line has no mark that ends a string, it has none for those behind the first either, which all stand behind
     * backslashes: so the line is not searched again.
     */
    private fun stringEnd(from: Int, mark: Char): Int {
        val kind = if (mark == '"') 0 else 1
        if (from < unclosed[kind]) return from
        var index = from + 1
        var pair = -1
        while (index < text.length && text[index] != '\n' && text[index] != '\r') {
            val next = text.getOrNull(index + 1)
            when {
                text[index] == '\\' -> if (next == null || next == '\n') break else index += 2
                text[index] != mark -> index++
                mark == '\'' && next == mark -> {
                    pair = index
                    index += 2
                }
                else -> return index + 1
            }
        }
        if (pair >= 0) return pair + 1
        unclosed[kind] = index
        return from
    }

    private companion object {
        const val NO_WORD = "[]{}(),;:=\"" // an apostrophe may stand in a word, but not begin it
    }
}
