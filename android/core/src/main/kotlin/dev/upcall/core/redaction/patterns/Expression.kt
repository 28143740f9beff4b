package dev.upcall.core.redaction.patterns

/** A pattern as it is built. Groups only hold together; how eager a repetition is does not show. */
internal sealed interface Expression {
    /** One character out of [ranges], which are in order and apart. */
    class Characters(val ranges: List<IntRange>) : Expression

    /** One after the other; of none, the empty text. */
    class Row(val parts: List<Expression>) : Expression

    /** One of several. */
    class Choice(val options: List<Expression>) : Expression

    /** At least [min] times, at most [max] times if that is given. */
    class Repeated(val part: Expression, val min: Int, val max: Int?) : Expression

    /** A place between characters. */
    enum class Border : Expression { TEXT_START, LINE_START, TEXT_END, LINE_END }
}

private const val LAST_POINT = 0x10FFFF
private const val KELVIN = 0x212A
private const val LONG_S = 0x17F

/** The ranges in order, with those joined that meet. */
internal fun inOrder(ranges: List<IntRange>): List<IntRange> = buildList {
    for (range in ranges.sortedBy { it.first }) {
        if (isNotEmpty() && range.first <= last().last + 1) {
            add(removeAt(lastIndex).let { it.first..maxOf(it.last, range.last) })
        } else {
            add(range)
        }
    }
}

/** Every code point that is in none of the ranges, which are in order. */
internal fun allBut(ranges: List<IntRange>): List<IntRange> {
    val starts = listOf(0) + ranges.map { it.last + 1 }
    val ends = ranges.map { it.first - 1 } + LAST_POINT
    return starts.zip(ends).filter { (start, end) -> start <= end }.map { (start, end) -> start..end }
}

/** The ASCII ranges with the characters of another case; two of them have one beyond ASCII. */
internal fun inBothCases(ranges: List<IntRange>): List<IntRange> = ranges +
    buildList {
        for (range in ranges) {
            for (point in range) {
                val letter = point.toChar()
                if (letter in 'a'..'z') add(letter.uppercaseChar().code.let { it..it })
                if (letter in 'A'..'Z') add(letter.lowercaseChar().code.let { it..it })
                if (letter in "kK") add(KELVIN..KELVIN)
                if (letter in "sS") add(LONG_S..LONG_S)
            }
        }
    }
