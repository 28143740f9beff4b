package dev.upcall.core.redaction.identifiers

import dev.upcall.core.redaction.Place

private const val UNUSUAL = "\t/\n"
private val USUAL_GROUPS = setOf(listOf(4, 4, 4, 4), listOf(4, 6, 5), listOf(4, 4, 4, 4, 3))
private val CARD_DIGITS = 12..19
private val LONGEST_PREFIX = NUMBER_LIMITS.getValue("longest_card_prefix")
private val LONGEST_SHORT = NUMBER_LIMITS.getValue("longest_short_card")

/** Whether an issuer gives numbers of this beginning and length, and the check digit is right. */
internal fun isCard(digits: String, prefixes: Map<String, Set<Int>>): Boolean =
    (1..LONGEST_PREFIX).any { digits.length in prefixes[digits.take(it)].orEmpty() } && luhn(digits)

/**
 * Card numbers in a run of digits and separators, leftmost and longest first, none overlapping.
 *
 * A number is a row of whole groups of digits: one group; groups of two and more, of which the last may be shorter; or
 * single digits throughout, which then must be all single digits of that place. A full stop next to a number means a
 * decimal.
 */
internal fun cardPlaces(text: String, start: Int, end: Int, prefixes: Map<String, Set<Int>>): List<Place> =
    CardRun(text, digitGroups(text, start, end), prefixes).places()

private fun digitGroups(text: String, start: Int, end: Int): List<Place> = buildList {
    var begin = -1
    for (index in start..end) {
        if (index < end && text[index] in '0'..'9') {
            if (begin < 0) begin = index
        } else if (begin >= 0) {
            add(Place(begin, index))
            begin = -1
        }
    }
}

private class CardRun(
    private val text: String,
    private val groups: List<Place>,
    private val prefixes: Map<String, Set<Int>>,
) {
    fun places(): List<Place> = buildList {
        var index = 0
        while (index < groups.size) {
            val last = lastFrom(index)
            if (last != null) {
                add(Place(groups[index].start, groups[last].end))
                index = last + 1
            } else if (groups[index].length == 1) {
                while (index < groups.size && groups[index].length == 1) index++
            } else {
                index++
            }
        }
    }

    /** The last group of the card that begins with a group, if one does. */
    private fun lastFrom(first: Int): Int? {
        val isSingle = groups[first].length == 1
        val digits = StringBuilder()
        var found: Int? = null
        for (index in first until groups.size) {
            val size = groups[index].length
            if (isSingle && size != 1) break
            digits.append(text, groups[index].start, groups[index].end)
            if (digits.length > CARD_DIGITS.last) return if (isSingle) null else found
            if (digits.length in CARD_DIGITS && isWhole(first, index, digits.length) &&
                isCard(digits.toString(), prefixes)
            ) {
                found = index
            } else if (isSingle) {
                found = null
            }
            if (size == 1 && !isSingle) break
        }
        return found
    }

    private fun isWhole(first: Int, last: Int, digits: Int): Boolean =
        before(first) != "." && after(last) != "." && !isCutOut(first, last, digits) && isTogether(first, last)

    /**
     * Whether tabs, slashes and line ends stand only between the groups that a card has, and none of them goes on.
     *
     * Numbers below each other in a column, or beside each other in a row, are no card.
     */
    private fun isTogether(first: Int, last: Int): Boolean {
        val inside = text.substring(groups[first].start, groups[last].end)
        if (inside.none { it in UNUSUAL }) return true
        if (groups.subList(first, last + 1).map { it.length } !in USUAL_GROUPS) return false
        val outside = before(first) + after(last)
        return if ('\n' in inside) outside.isEmpty() else outside.none { it in UNUSUAL }
    }

    /** Whether a short number is a part of a longer one in equal groups: the last twelve digits of four times four. */
    private fun isCutOut(first: Int, last: Int, digits: Int): Boolean {
        if (digits > LONGEST_SHORT || first == last) return false
        return (before(first).length == 1 && groups[first - 1].length == groups[first].length) ||
            (after(last).length == 1 && groups[last + 1].length == groups[last].length)
    }

    private fun before(first: Int): String =
        if (first > 0) text.substring(groups[first - 1].end, groups[first].start) else ""

    private fun after(last: Int): String =
        if (last + 1 < groups.size) text.substring(groups[last].end, groups[last + 1].start) else ""
}
