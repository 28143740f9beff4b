package dev.upcall.core.redaction

private const val HIGHEST_ASCII = '~'
private val SHORT = mapOf('b' to '\b', 'f' to '\u000C', 'n' to '\n', 'r' to '\r', 't' to '\t')
private val SHORT_OF = SHORT.entries.associate { (letter, character) -> character to letter }

/**
 * A text whose backslash escapes were read.
 *
 * @property text with what they stand for.
 * @property offsets for each of its code units, and for its end, the index in the text as given.
 */
internal class Unescaped(val text: String, val offsets: IntArray)

/**
 * Reads backslash escapes as JSON and many programming languages write them.
 *
 * What is no whole escape stays as it is. Source: RFC 8259, section 7.
 */
internal fun unescape(text: String): Unescaped {
    val plain = StringBuilder(text.length)
    val offsets = IntArray(text.length + 1)
    var position = 0
    while (position < text.length) {
        val read = if (text[position] == '\\') escaped(text, position + 1) else null
        offsets[plain.length] = position
        plain.append(read ?: text[position])
        position +=
            when {
                read == null -> 1
                text[position + 1] == 'u' -> UNICODE_LENGTH
                else -> 2
            }
    }
    offsets[plain.length] = text.length
    return Unescaped(plain.toString(), offsets.copyOf(plain.length + 1))
}

private const val UNICODE_LENGTH = 6 // of \u0040

private fun escaped(text: String, index: Int): Char? = when (val kind = text.getOrNull(index)) {
    '"', '\\', '/' -> kind
    'u' -> {
        val digits = text.substring(index + 1, minOf(index + UNICODE_LENGTH - 1, text.length))
        val isWhole = digits.length == UNICODE_LENGTH - 2 && digits.all(::isHexadecimalDigit)
        if (isWhole) digits.toInt(HEXADECIMAL).toChar() else null
    }
    else -> SHORT[kind]
}

internal fun isHexadecimalDigit(character: Char): Boolean =
    character in '0'..'9' || character in 'a'..'f' || character in 'A'..'F'

/** The text as it stands in a JSON string; with a lone surrogate in it, all that is not ASCII is an escape. */
internal fun escape(text: String): String {
    val isAsciiOnly = text.hasLoneSurrogate()
    return buildString(text.length) {
        for (character in text) {
            val short = SHORT_OF[character]
            when {
                character == '"' || character == '\\' -> append('\\').append(character)
                short != null -> append('\\').append(short)
                character < ' ' || (isAsciiOnly && character > HIGHEST_ASCII) ->
                    append("\\u").append(character.code.toString(HEXADECIMAL).padStart(UNICODE_LENGTH - 2, '0'))
                else -> append(character)
            }
        }
    }
}

private fun String.hasLoneSurrogate(): Boolean {
    forEachPoint { _, point -> if (point in Char.MIN_SURROGATE.code..Char.MAX_SURROGATE.code) return true }
    return false
}
