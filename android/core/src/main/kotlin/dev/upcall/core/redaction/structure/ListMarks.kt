package dev.upcall.core.redaction.structure

private const val BULLETS = "-*+•–—‣◦▪"
private const val MOST_DIGITS = 4 // of the number of an item
private const val MOST_SIGNS = 6 // before a heading
private const val LONGEST_SECTION = 60 // code points
internal const val COLONS = ":：="

/** Where the mark of an item ends, as `- `, `1. `, `(a) ` or `- [x] `, behind the blanks after it; 0 where there is none. */
internal fun itemEnd(said: String): Int {
    val mark = if (said.firstOrNull()?.let { it in BULLETS } == true) 1 else enumerationEnd(said)
    val end = said.skip(mark) { it.isBlank() }
    if (mark == 0 || end == mark) return 0
    val isBox =
        said.startsWith('[', end) && said.getOrNull(end + 1)?.let { it in " xX" } == true &&
            said.startsWith(']', end + 2)
    val boxed = if (isBox) said.skip(end + 3) { it.isBlank() } else end
    return if (boxed > end + 3) boxed else end
}

private fun enumerationEnd(said: String): Int {
    val start = if (said.startsWith('(')) 1 else 0
    val digits = said.skip(start) { it.isAsciiDigit() }
    val (end, closing) =
        when {
            digits > start && digits - start <= MOST_DIGITS -> digits to ".):"
            said.getOrNull(start)?.isAsciiLetter() == true -> start + 1 to ".)"
            else -> return 0
        }
    return if (end < said.length && said[end] in closing) end + 1 else 0
}

/** The name in a line such as `[name]`, or null. */
internal fun sectionName(said: String): String? {
    val start = said.skip(0) { it == '[' }
    val end = said.skip(start) { it != '[' && it != ']' }
    val closed = said.skip(end) { it == ']' }
    val isSection = start in 1..2 && closed == said.length && closed - end in 1..2 && end > start
    return if (isSection) said.substring(start, end).takeUnless { it.isLonger(LONGEST_SECTION) } else null
}

/** Where the signs of a heading end, as in `## Name`; 0 where there are none. */
internal fun headingEnd(said: String): Int {
    val sign = said.firstOrNull() ?: return 0
    val most =
        when (sign) {
            '#' -> MOST_SIGNS
            '=', '*', '!' -> said.length
            ';' -> 1
            else -> return 0
        }
    val signs = said.skip(0, minOf(most, said.length)) { it == sign }
    val end = said.skip(signs) { it.isBlank() }
    return if (end < said.length && !said[end].isSpace()) end else signs - 1
}

/** Where a label ends before the colon at the end of a line; the length of the line where none stands there. */
internal fun labelEnd(said: String): Int {
    val colon = said.skipBack(said.length) { it.isBlank() || it == '*' || it == '_' } - 1
    return if (colon >= 0 && said[colon] in COLONS) said.skipBack(colon) { it.isBlank() } else said.length
}

private fun String.startsWith(character: Char, at: Int): Boolean = getOrNull(at) == character
