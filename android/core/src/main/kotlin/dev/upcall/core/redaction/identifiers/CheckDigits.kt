package dev.upcall.core.redaction.identifiers

// Check digits of published methods, on which many identifiers are built. ASCII digits only.

// The multiplication table of the dihedral group of order ten, and one permutation of it. Source: Verhoeff 1969.
private val DIHEDRAL =
    arrayOf(
        intArrayOf(0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
        intArrayOf(1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
        intArrayOf(2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
        intArrayOf(3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
        intArrayOf(4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
        intArrayOf(5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
        intArrayOf(6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
        intArrayOf(7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
        intArrayOf(8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
        intArrayOf(9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
    )
private val PERMUTATION = intArrayOf(1, 5, 7, 6, 2, 8, 3, 0, 9, 4)

/** Whether the last digit checks the others (ISO/IEC 7812-1 annex B). */
internal fun luhn(digits: String): Boolean = digits.reversed().withIndex().sumOf { (index, digit) ->
    if (index % 2 == 0) digit.digitToInt() else crossSum(2 * digit.digitToInt())
} % 10 == 0

/** Whether the last digit checks the others. Source: Verhoeff 1969, Error detecting decimal codes. */
internal fun verhoeff(digits: String): Boolean = digits.reversed().foldIndexed(0) { position, check, digit ->
    var value = digit.digitToInt()
    repeat(position % 8) { value = PERMUTATION[value] }
    DIHEDRAL[check][value]
} == 0

/** Whether the last digit checks the others by the hybrid system of ISO/IEC 7064, MOD 11,10. */
internal fun mod1110(digits: String): Boolean {
    val check =
        digits.dropLast(1).fold(10) { check, digit ->
            val sum = (check + digit.digitToInt()) % 10
            (if (sum == 0) 10 else sum) * 2 % 11
        }
    return (check + digits.last().digitToInt()) % 10 == 1
}

/** Sum of the digits, each times its weight, for as many as there are weights. */
internal fun weighted(digits: String, weights: Iterable<Int>): Int =
    digits.asIterable().zip(weights).sumOf { (digit, weight) -> digit.digitToInt() * weight }

/** Sum of the digits, each times its weight, for as many as there are weights. */
internal fun weighted(digits: String, vararg weights: Int): Int = weighted(digits, weights.asIterable())

/** Sum of the two digits of a number from 0 to 99. */
internal fun crossSum(number: Int): Int = number / 10 + number % 10

/**
 * Whether a month of 1 to 12 has this day.
 *
 * A year of two digits is of either century, so leap days need a year that four divides, no more.
 */
internal fun isDay(year: Int, month: Int, day: Int): Boolean = when (month) {
    2 -> day in 1..(if (year % 4 == 0) 29 else 28)
    4, 6, 9, 11 -> day in 1..30
    in 1..12 -> day in 1..31
    else -> false
}

/** Whether a text is ASCII digits only, of one of these lengths, not all the same. */
internal fun isNumber(text: String, vararg lengths: Int): Boolean =
    text.length in lengths && text.all { it in '0'..'9' } && text.any { it != text[0] }

/** The number that the digits [start, end) of a text write. */
internal fun String.number(start: Int, end: Int): Int = substring(start, end).toInt()
