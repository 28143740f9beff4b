package dev.upcall.core.redaction

import dev.upcall.core.redaction.patterns.SearchPattern

private val MARKS = listOf("\\", "%", "&", "=4", "=2", "=5", "=\n", "=\r", "= ", "@\n", "@\r", "@ ")
private val SPELLED_MARKS = ("at] at) AT] AT) ot] ot) OT] OT) at} ot} [.] (.) [@] (@)").split(' ')
private const val OPENING = "+( " // belongs to a telephone number

/**
 * Patterns of disguises, from proto/rules/patterns.json: values that are written so as not to be seen.
 *
 * @param escape one character in the notation of JSON, URLs, HTML or quoted-printable, or a line break inside a value.
 * @param entities of HTML, by name, with the character for which each stands.
 * @param spelled a row of single characters with spaces between them.
 * @param base64 a token that may be base 64, also in lines.
 * @param hexadecimal a token that may be text in hexadecimal.
 */
internal class Disguises(
    private val escape: SearchPattern,
    private val entities: Map<String, String>,
    private val spelled: SearchPattern,
    base64: SearchPattern,
    hexadecimal: SearchPattern,
) {
    private val encodings = Encodings(base64, hexadecimal)

    /** The text with every escape as the character for which it stands, or null where there is none. */
    fun unescaped(text: String): Shadow? {
        if (MARKS.none { it in text } && SPELLED_MARKS.none { it in text }) return null
        val edits = mutableListOf<Edit>()
        for (place in escape.places(text)) {
            val escape = place.of(text)
            val isEntity = escape[0] == '&' && escape[1] != '#'
            val plain = if (isEntity) entities[escape.substring(1, escape.length - 1)] else escapedCharacter(escape)
            plain?.let { edits.add(Edit(place.start, place.end, it)) }
        }
        return rewritten(text, edits)
    }

    /**
     * The text with spelled-out words and numbers written together, or null where nothing is spelled out.
     *
     * One space between a letter and a digit stays, so that a number keeps its borders; not in e-mail and IPv6
     * addresses.
     */
    fun joined(text: String): Shadow? {
        val edits = mutableListOf<Edit>()
        for (place in spelled.places(text)) addGaps(text, place.start, place.end, edits)
        return rewritten(text, edits)
    }

    private fun addGaps(text: String, start: Int, end: Int, edits: MutableList<Edit>) {
        var first = start
        var last = end
        if (first > 0 && text.codePointBefore(first) in Unicode.alphanumeric) { // the last letter of a word
            val following = (first + 1 until last).first { text[it].isAsciiAlphanumeric() }
            first += text.substring(first, following).trimEnd { it in OPENING }.length
        }
        if (last < text.length && text.codePointAt(last) in Unicode.alphanumeric) { // the first letter of a word
            last = (last - 2 downTo first).first { text[it].isAsciiAlphanumeric() } + 1
        }
        val row = text.substring(first, last)
        val isTogether = '@' in row || row.count { it == ':' } > 1
        var before = first
        while (text[before] == ' ') before++
        for (after in before + 1 until last) {
            if (text[after] == ' ') continue
            if (after > before + 1) {
                val isApart =
                    !isTogether && text[before].isAsciiAlphanumeric() && text[after].isAsciiAlphanumeric() &&
                        (text[before] in '0'..'9') != (text[after] in '0'..'9')
                edits.add(Edit(before + 1, after, if (isApart) " " else ""))
            }
            before = after
        }
    }

    /** Tokens that hold text in base 64 or hexadecimal, with it: valid UTF-8 without control characters. */
    fun decoded(text: String): List<Decoded> = encodings.decoded(text)
}

internal fun Char.isAsciiAlphanumeric(): Boolean = this in '0'..'9' || this in 'a'..'z' || this in 'A'..'Z'

private val JSON = mapOf('n' to '\n', 'r' to '\r', 't' to '\t', 'b' to '\b', 'f' to '\u000C')

private fun escapedCharacter(escape: String): String {
    val first = escape[0]
    val second = escape[1]
    if (escape.trimStart(' ')[0] in "[({") return if ('.' in escape || 'd' in escape || 'D' in escape) "." else "@"
    // A line break that is not a part of the value.
    if (escape.last() in "\n> \t" && (first == '=' || first == '@')) return if (first == '@') "@" else ""
    return when {
        first == '%' || first == '=' -> character(escape.substring(1))
        first == '&' && second == '#' -> {
            val number = escape.substring(2).trimEnd(';')
            if (number[0] in "xX") character(number.substring(1)) else character(number, DECIMAL)
        }
        second == 'u' || second == 'x' -> character(escape.substring(2))
        second == '0' || second == '4' -> character(escape.substring(1).trimEnd(' ')) // of CSS
        else -> (JSON[second] ?: second).toString()
    }
}

private const val DECIMAL = 10

private fun character(digits: String, base: Int = HEXADECIMAL): String =
    withoutSurrogates(String(Character.toChars(digits.toInt(base))))
