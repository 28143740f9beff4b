package dev.upcall.core.redaction.identifiers

import com.google.re2j.Pattern

private val SHAPE =
    Pattern.compile("[A-Z]{6}[0-9L-NP-V]{2}[A-EHLMPRST][0-9L-NP-V]{2}[A-Z][0-9L-NP-V]{3}[A-Z]")
private const val OMOCODIA = "LMNPQRSTUV" // letters in place of digits where two people have one code
private const val FEWEST_DIGITS = 3 // of the seven; letters stand in the place of one or two where they do at all
private val ODD =
    intArrayOf(
        1,
        0,
        5,
        7,
        9,
        13,
        15,
        17,
        19,
        21,
        2,
        4,
        18,
        20,
        11,
        3,
        6,
        8,
        12,
        14,
        16,
        10,
        22,
        25,
        24,
        23,
    )
private const val MONTHS = "ABCDEHLMPRST"

/** Italy: 16 characters with the date of birth and a check letter. Source: decree of 23 December 1976. */
internal fun isCodiceFiscale(text: String): Boolean {
    if (!SHAPE.matches(text)) return false
    if (text.count { it in '0'..'9' } < FEWEST_DIGITS) return false // "gives human nature" is a phrase
    val day = digits(text, 9)
    if (!isDay(digits(text, 6), MONTHS.indexOf(text[8]) + 1, if (day > 40) day - 40 else day)) return false
    val sum =
        text.take(15).withIndex().sumOf { (index, character) ->
            val value = if (character in '0'..'9') character - '0' else character - 'A'
            if (index % 2 == 0) ODD[value] else value
        }
    return 'A' + sum % 26 == text[15]
}

/** The number of two digits at a place, which may be written as letters. */
private fun digits(text: String, start: Int): Int = text
    .substring(start, start + 2)
    .map { if (it in OMOCODIA) '0' + OMOCODIA.indexOf(it) else it }
    .joinToString("")
    .toInt()
