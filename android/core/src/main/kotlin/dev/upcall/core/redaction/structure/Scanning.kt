package dev.upcall.core.redaction.structure

import dev.upcall.core.redaction.Place
import dev.upcall.core.redaction.Unicode
import dev.upcall.core.redaction.limits
import dev.upcall.core.redaction.points
import dev.upcall.core.redaction.readingRules

/** One number of proto/rules/limits.json, read when it is first needed. */
internal fun limit(subject: String, name: String): Lazy<Int> = lazy {
    readingRules("The redaction rules") { limits(subject).getValue(name) }
}

/** Whether a character is white space, in every language alike. */
internal fun Char.isSpace(): Boolean =
    if (this <= ' ') this in '\t'..'\r' || this >= '\u001C' else this >= '\u0085' && this in Unicode.space

internal fun Char.isBlank(): Boolean = this == ' ' || this == '\t'

internal fun Char.isAsciiLetter(): Boolean = this in 'a'..'z' || this in 'A'..'Z'

internal fun Char.isAsciiDigit(): Boolean = this in '0'..'9'

/** Where the characters of one kind end that stand from [from] on. */
internal inline fun String.skip(from: Int, until: Int = length, isSkipped: (Char) -> Boolean): Int {
    var index = from
    while (index < until && isSkipped(this[index])) index++
    return index
}

/** Where the characters of one kind begin that stand before [until]. */
internal inline fun String.skipBack(until: Int, from: Int = 0, isSkipped: (Char) -> Boolean): Int {
    var index = until
    while (index > from && isSkipped(this[index - 1])) index--
    return index
}

/** [start, end) of a text without the characters [around] at both its ends; where nothing is left, it stands at the end. */
internal inline fun String.trimmed(start: Int, end: Int, around: (Char) -> Boolean): Place {
    val low = skip(start, end, around)
    return Place(low, skipBack(end, low, around))
}

/** Whether a text has more code points than so many; reads no more of it than it takes to know. */
internal fun String.isLonger(than: Int): Boolean = length > than && (length > 2 * than || points > than)

/** Whether this place of a text has more code points than so many. */
internal fun Place.isLonger(text: String, than: Int): Boolean =
    length > than && (length > 2 * than || text.codePointCount(start, end) > than)

/** Whether a text has a digit of any script from [start] on, before [end]. */
internal fun String.hasDigit(start: Int = 0, end: Int = length): Boolean {
    var index = start
    while (index < end) {
        val character = this[index]
        if (character.code < 0x80) {
            if (character.isAsciiDigit()) return true
            index++
        } else {
            val point = codePointAt(index)
            if (point in Unicode.digit) return true
            index += Character.charCount(point)
        }
    }
    return false
}

/** The words of a part of a text, which any white space parts; no more than [most]. */
internal fun String.wordPlaces(start: Int, end: Int, most: Int = Int.MAX_VALUE): List<Place> = buildList {
    var low = skip(start, end) { it.isSpace() }
    while (low < end && size < most) {
        val high = skip(low, end) { !it.isSpace() }
        add(Place(low, high))
        low = skip(high, end) { it.isSpace() }
    }
}
