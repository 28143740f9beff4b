package dev.upcall.core.redaction.identifiers

import com.google.i18n.phonenumbers.PhoneNumberUtil
import com.google.i18n.phonenumbers.PhoneNumberUtil.Leniency
import com.google.re2j.Pattern
import dev.upcall.core.InputError
import dev.upcall.core.redaction.Place
import dev.upcall.core.redaction.Unicode
import dev.upcall.core.redaction.after
import dev.upcall.core.redaction.before
import dev.upcall.core.redaction.limits

// Telephone numbers, by Google's numbering plans, which are slow to load and to ask.

private val LIMITS = limits("phone")
private val MARGIN = LIMITS.getValue("margin") // characters before a candidate that libphonenumber looks at
private val TAIL = LIMITS.getValue("tail") // room for an extension
private val SHORTEST = LIMITS.getValue("shortest")
private val SHORTEST_WITH_TRUNK_ZERO = LIMITS.getValue("shortest_with_trunk_zero")
private val LONGEST_RUN = LIMITS.getValue("longest_run") // of one question to libphonenumber, which tries every break
private const val MOST_TRIES = 65_535L
private const val BEGINNINGS = "+(0123456789"
private val TWO_NUMBERS = Pattern.compile("([0-9]{3,})[-/]([0-9]{3,})")
private const val LONGEST_EXTENSION = 7
private val plans by lazy { PhoneNumberUtil.getInstance() }

/**
 * The regions in the form that libphonenumber knows, without repeats.
 *
 * @throws InputError one is not a region with a numbering plan.
 */
internal fun checkedRegions(regions: Iterable<String>): List<String> {
    val given = regions.map { it.uppercase() }.distinct()
    val unknown = given.count { it !in plans.supportedRegions }
    if (unknown > 0) {
        throw InputError(
            "Telephone regions without a numbering plan: $unknown of ${given.size}.",
            allowed = "ISO 3166 codes of two letters, such as US, GB, DE",
        )
    }
    return given
}

/**
 * Valid numbers in a run of digits and separators: international ones, and national ones of the regions.
 *
 * @param text the whole text, of which [start, end) is the run.
 * @param regions as [checkedRegions] gives them; empty finds international numbers only.
 */
internal fun phonePlaces(text: String, start: Int, end: Int, regions: List<String>): List<Place> = buildList {
    var begin = start
    while (begin < end) {
        val next = minOf(text.after(begin, LONGEST_RUN), end)
        val from = text.before(begin, MARGIN)
        for (found in inWindow(text.substring(from, text.after(next, TAIL)), regions)) {
            var low = from + found.start
            val high = from + found.end
            while (low < high - 1 && text[low] !in BEGINNINGS) low++ // a hyphen or a sign before it
            if (low < end) add(Place(low, high))
        }
        begin = next
    }
}

private fun inWindow(window: String, regions: List<String>): List<Place> = buildList {
    val rest = StringBuilder(window)
    for (region in regions.ifEmpty { listOf(null) }) {
        if (Unicode.digit.count(rest, atMost = SHORTEST) < SHORTEST) break
        for (match in plans.findNumbers(rest.toString(), region, Leniency.VALID, MOST_TRIES)) {
            add(Place(match.start(), match.end()))
            // Out of the way of the next region, which may read the number beside it.
            for (index in match.start() until match.end()) rest.setCharAt(index, '\n')
        }
    }
}

/**
 * Whether a number is written as an amount, a sum or an order number could be.
 *
 * That is: bare digits without a trunk zero or too short for one; digits with nothing but one full stop in them;
 * numbers with decimals; a difference or a quotient of two numbers, unless both have five digits, as in India.
 */
internal fun isPlain(value: String): Boolean {
    if (value.startsWith('+')) return false
    val number = value.substring(0, extensionStart(value))
    if (number.count { it == '.' } == 1 && Unicode.digit.all(number.replace(".", "").trim('(', ' '))) return true
    if (" - " in number || " / " in number || ('.' in number && (' ' in number || '-' in number))) return true
    val startsWithZero = number.startsWith('0')
    val groups = TWO_NUMBERS.matcher(number)
    if (!startsWithZero && groups.matches()) return groups.group(1).length != 5 || groups.group(2).length != 5
    return Unicode.digit.all(number) && !(startsWithZero && number.length >= SHORTEST_WITH_TRUNK_ZERO)
}

/** Where an extension begins at the end of a number, "ext. 44", "x44", "#44"; the end of it where there is none. */
private fun extensionStart(value: String): Int {
    val end = if (value.endsWith(')')) value.length - 1 else value.length
    var index = end
    while (index > 0 && value[index - 1] in '0'..'9') index--
    if (end - index !in 1..LONGEST_EXTENSION) return value.length
    while (index > 0 && value[index - 1] in Unicode.space) index--
    if (index > 0 && value[index - 1] == '#') {
        index--
    } else {
        while (index > 0 && value[index - 1] in ".:") index--
        val letters = index
        while (index > 0 && isLetter(value.codePointBefore(index))) {
            index -= Character.charCount(value.codePointBefore(index))
        }
        if (index == letters) return value.length
    }
    while (index > 0 && (value[index - 1] in ",;.(" || value[index - 1] in Unicode.space)) index--
    return index
}

private fun isLetter(point: Int): Boolean = point in Unicode.alphanumeric && point !in Unicode.decimal
