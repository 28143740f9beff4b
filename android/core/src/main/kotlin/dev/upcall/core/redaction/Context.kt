package dev.upcall.core.redaction

import dev.upcall.core.redaction.patterns.SearchPattern

private const val LETTER = """0-9a-z\x{DF}-\x{24F}\x{370}-\x{52F}"""

/**
 * Words near a candidate, looked for in so many characters before and after it.
 *
 * @property begun lower-case beginnings of words.
 * @property whole lower-case, only as whole words.
 * @param before characters, ≥ 0.
 * @param after characters, ≥ 0.
 */
internal class Context(
    val begun: List<String>,
    val whole: List<String>,
    private val before: Int,
    private val after: Int,
) {
    val words: List<String> = begun + whole
    private val pattern: SearchPattern

    init {
        val ends =
            buildList {
                if (begun.isNotEmpty()) add(begun.joinToString("|") { wordPattern(it, "[ _-]") })
                if (whole.isNotEmpty()) {
                    add("(?:${whole.joinToString("|") { wordPattern(it, "[ _-]") }})(?:[^$LETTER]|$)")
                }
            }
        pattern = SearchPattern("(?:^|[^$LETTER])(?:${ends.joinToString("|")})")
    }

    /** Whether one of the words stands near [start, end). In `cardNumber` there are two words. */
    fun near(text: String, start: Int, end: Int): Boolean {
        val around =
            buildString {
                append(text, text.before(start, before), start)
                append('\n')
                append(text, end, text.after(end, after))
            }
        return pattern.isIn(Unicode.lower(withHumpsApart(around)))
    }
}

private fun withHumpsApart(text: String): String = buildString(text.length) {
    for (index in text.indices) {
        if (index > 0 && text[index] in 'A'..'Z' && text[index - 1] in 'a'..'z') append(' ')
        append(text[index])
    }
}

/**
 * A pattern for a word of the rules as it stands.
 *
 * @param space stands for a space inside it: in names of fields it may be written otherwise, or left out.
 */
internal fun wordPattern(word: String, space: String): String = buildString {
    for ((index, character) in word.withIndex()) {
        when {
            character == ' ' && index < word.lastIndex -> append(space)
            character.code >= 0x80 || character in Unicode.alphanumeric -> append(character)
            else -> append('\\').append(character)
        }
    }
}
