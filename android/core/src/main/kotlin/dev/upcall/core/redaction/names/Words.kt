package dev.upcall.core.redaction.names

import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Unicode
import dev.upcall.core.redaction.points

/**
 * One word of a text, with what the model thinks of it.
 *
 * @property start where it begins, in UTF-16 code units.
 * @property end where it ends, exclusive.
 * @property value as written.
 */
internal class Word(val start: Int, val end: Int, val value: String) {
    /** The word in small letters. */
    val lower: String = Unicode.lower(value)

    /** The likeliest private type; null where there is hardly any mass. */
    var kind: EntityType? = null

    /** On all private labels together, 0 to 1, the most of its tokens. */
    var mass: Double = 0.0

    /** Whether it is a single character, such as an initial. */
    val isLetter: Boolean get() = value.length <= 2 && value.points == 1
}

/** A finding that may still grow: first and last word, type, and the most mass of its words. */
internal data class Piece(val first: Int, val last: Int, val kind: EntityType, val score: Double)

/** The words of a text: letters, digits and marks, joined by single apostrophes and hyphens; a possessive 's is left out. */
internal fun wordsOf(text: String): List<Word> {
    val ends = ArrayList<Int>()
    val starts = ArrayList<Int>()
    var index = 0
    while (index < text.length) {
        val point = text.codePointAt(index)
        if (point !in Unicode.alphanumeric) {
            index += Character.charCount(point)
            continue
        }
        val end = wordEnd(text, index)
        // Combining marks belong to the word that they follow, and join what stands on both sides of them.
        if (ends.lastOrNull() == index) ends.removeAt(ends.lastIndex) else starts.add(index)
        index = text.skip(end) { it in Unicode.mark }
        ends.add(index)
    }
    return starts.zip(ends) { start, end ->
        val isPossessive = end - start > 2 && text[end - 1] in "sS" && text[end - 2] in APOSTROPHES
        val last = if (isPossessive) end - 2 else end
        Word(start, last, text.substring(start, last))
    }
}

private fun wordEnd(text: String, start: Int): Int {
    var end = text.skip(start) { it in Unicode.alphanumeric }
    while (end + 1 < text.length && text[end] in JOINERS) {
        if (!isNameLetter(text.codePointBefore(end)) || !isNameLetter(text.codePointAt(end + 1))) break
        end = text.skip(end + 1) { it in Unicode.alphanumeric }
    }
    return end
}

private fun isNameLetter(point: Int): Boolean = point in Unicode.alphanumeric && point !in Unicode.decimal

/** Whether all characters are letters or numbers other than decimal digits: at least one, and no marks. */
internal fun isNameLetters(text: String): Boolean = text.isNotEmpty() && text.skip(0, ::isNameLetter) == text.length

/** Whether there is no letter of which a name could be made. */
internal fun hasNoNameLetter(text: String): Boolean = text.skip(0) { !isNameLetter(it) } == text.length

/** The first place from [start] on whose character is not [wanted]. */
internal inline fun String.skip(start: Int, wanted: (Int) -> Boolean): Int {
    var index = start
    while (index < length) {
        val point = codePointAt(index)
        if (!wanted(point)) return index
        index += Character.charCount(point)
    }
    return index
}

/** Whether a text has capital and small letters, so that a capital says something. */
internal fun isMixedCase(text: String): Boolean = !Unicode.isLower(text) && !Unicode.isUpper(text)

private const val APOSTROPHES = "'\u2019"
private const val JOINERS = "'\u2019-"
