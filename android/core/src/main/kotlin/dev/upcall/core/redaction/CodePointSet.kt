package dev.upcall.core.redaction

/**
 * A class of characters: code points, looked up by halving.
 *
 * @param ranges inclusive, in order, none overlapping.
 */
internal class CodePointSet(ranges: List<IntRange>) {
    private val lows = IntArray(ranges.size) { ranges[it].first }
    private val highs = IntArray(ranges.size) { ranges[it].last }
    private val ascii = BooleanArray(ASCII) { halved(it) }

    operator fun contains(point: Int): Boolean = if (point < ASCII) ascii[point] else halved(point)

    operator fun contains(character: Char): Boolean = character.code in this

    /** Whether a text has characters, and all of them are in the set. */
    fun all(text: CharSequence): Boolean = text.isNotEmpty() && count(text, atMost = 1, inside = false) == 0

    /** Whether a character of a text is in the set. */
    fun any(text: CharSequence): Boolean = count(text, atMost = 1) > 0

    /** How many characters of a text are in the set, or, if not [inside], are not; counting ends at [atMost]. */
    fun count(text: CharSequence, atMost: Int = Int.MAX_VALUE, inside: Boolean = true): Int {
        var counted = 0
        var index = 0
        while (index < text.length && counted < atMost) {
            val point = Character.codePointAt(text, index)
            if ((point in this) == inside) counted++
            index += Character.charCount(point)
        }
        return counted
    }

    private fun halved(point: Int): Boolean {
        val found = lows.binarySearch(point)
        val place = if (found < 0) -found - 2 else found
        return place >= 0 && point <= highs[place]
    }

    private companion object {
        const val ASCII = 0x80
    }
}

/** Ranges as the rules write them: code points in hexadecimal, `0041` or `0041-005A`. */
internal fun codePointRanges(listed: Iterable<String>): List<IntRange> = listed.map { item ->
    val low = item.substringBefore('-').toInt(HEXADECIMAL)
    low..item.substringAfter('-', item).toInt(HEXADECIMAL)
}

internal const val HEXADECIMAL = 16
