package dev.upcall.core.redaction

import dev.upcall.core.redaction.identifiers.isDay

private val LONGEST_PARTICLE = CHECK_LIMITS.getValue("longest_particle") // letters
private val BUDDHIST = CHECK_LIMITS.getValue("buddhist_years_ahead") // by which the era of Thailand is ahead
private val YEARS = 1850 until 2100
private const val SHORT_YEARS = 100
private const val IN_NAMES = "'\u2019.-"
private const val DIGITS_OF_DATE = 8
private const val LONGEST_NUMBER = 9 // digits

/** A date in an order in use, the month perhaps by its name. */
internal fun date(candidate: Candidate): List<Place> = with(candidate) {
    val words = words(Unicode.lower(value))
    val (numbers, names) = words.partition { it.codePointAt(0) in Unicode.decimal }
    if (numbers.any { it.points > LONGEST_NUMBER }) return emptyList()
    val only = words.singleOrNull()?.takeIf { numbers.size == 1 && it.length == DIGITS_OF_DATE }
    val written =
        when {
            only != null -> listOf(only.take(4), only.substring(4, 6), only.drop(6)).map { it.toInt() }
            else -> numbers.map { it.toInt() }
        }
    val month = rules.months.indexOfFirst { months -> names.any { name -> months.any(name::startsWith) } } + 1
    val isDate =
        when {
            written.size == 3 -> isDate(written[0], written[1], written[2])
            written.size == 2 && month > 0 -> isDate(written[0], month, written[1])
            else -> false
        }
    if (isDate) listOf(place) else emptyList()
}

/** Runs of decimal digits, and of what else is a letter or a number. */
private fun words(text: String): List<String> = buildList {
    var start = 0
    var kind = 0
    text.forEachPoint { index, point ->
        val next =
            if (point !in Unicode.alphanumeric) {
                0
            } else if (point in Unicode.decimal) {
                1
            } else {
                2
            }
        if (next != kind) {
            if (kind != 0) add(text.substring(start, index))
            start = index
            kind = next
        }
    }
    if (kind != 0) add(text.substring(start))
}

/** Whether three numbers are a day in an order in use; a short year may stand first, as in 85-03-04 and 昭和60年. */
private fun isDate(first: Int, month: Int, last: Int): Boolean =
    listOf(last to first, first to last).any { (year, day) ->
        (year < SHORT_YEARS || year in YEARS || year - BUDDHIST in YEARS) &&
            (isDay(year, month, day) || isDay(year, day, month))
    }

/** A name after a label: words of letters, of which one begins with a capital. */
internal fun name(candidate: Candidate): List<Place> = with(candidate) {
    val words = Unicode.words(value)
    var areWords = true
    for (word in words) {
        word.forEachPoint { _, point ->
            val isInName =
                point in Unicode.alphabetic || point in Unicode.mark ||
                    (point < 0x10000 && point.toChar() in IN_NAMES)
            areWords = areWords && isInName
        }
    }
    if (!areWords || Unicode.lower(value) in rule.notPrivate) return emptyList()
    val (small, capital) = words.partition { it.codePointAt(0) in Unicode.lowercase }
    // "von der Leyden": small words are short; what else is written small is prose, or a type of the language.
    if (capital.isNotEmpty() && small.all { it.points <= LONGEST_PARTICLE }) listOf(place) else emptyList()
}
