package dev.upcall.core.redaction

/**
 * Where a code point stands in this text, in UTF-16 code units: other languages count in code points.
 *
 * @param codePoints 0 to the number of code points; a lone surrogate counts as one.
 * @throws IndexOutOfBoundsException there are fewer.
 */
public fun String.utf16Offset(codePoints: Int): Int = offsetByCodePoints(0, codePoints)

/**
 * How many code points stand before a place of this text: the way back from [utf16Offset].
 *
 * @param utf16Offset 0 to the length of the text.
 * @throws IndexOutOfBoundsException it lies outside.
 */
public fun String.codePointOffset(utf16Offset: Int): Int = codePointCount(0, utf16Offset)

/** Where the [count] code points before [index] begin; fewer where the text has fewer. */
internal fun String.before(index: Int, count: Int): Int {
    var place = index
    repeat(count) {
        if (place <= 0) return 0
        place -= Character.charCount(codePointBefore(place))
    }
    return place
}

/** Where the [count] code points from [index] on end; fewer where the text has fewer. */
internal fun String.after(index: Int, count: Int): Int {
    var place = index
    repeat(count) {
        if (place >= length) return length
        place += Character.charCount(codePointAt(place))
    }
    return place
}

/** Number of code points of this text, a lone surrogate being one. */
internal val String.points: Int get() = codePointCount(0, length)

/** Whether every character is below U+0080. */
internal fun CharSequence.isAscii(): Boolean = all { it.code < 0x80 }
