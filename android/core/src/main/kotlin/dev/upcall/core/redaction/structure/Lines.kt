package dev.upcall.core.redaction.structure

/**
 * One line.
 *
 * @property start where it begins.
 * @property low where what it says begins, behind marks of quotation and white space.
 * @property text what it says, without white space at its end.
 */
internal class Line(val start: Int, val low: Int, val text: String) {
    /** Where what it says ends. */
    val high: Int get() = low + text.length

    /** Whether it only draws a line, as between the head and the rows of a table. */
    val isRule: Boolean = if (text.startsWith('\\')) isLatexRule(text) else isDrawnRule(text)
}

/** The lines of a text. */
internal fun linesOf(text: String): List<Line> = buildList {
    var start = 0
    while (start <= text.length) {
        val end = text.indexOf('\n', start).let { if (it < 0) text.length else it }
        val low = saidFrom(text, start, end)
        val high = text.skip(low, end) { it != '\r' } // what stands behind a lone carriage return is no part of a line
        add(Line(start, low, text.substring(low, text.skipBack(high, low) { it.isSpace() })))
        start = end + 1
    }
}

private const val BOX = "│┃║┌┐└┘├┤┬┴┼╔╗╚╝╠╣╦╩╬╒╕╘╛╞╡╤╧╪╟╢╥╨╫╭╮╯╰┆╌"
private const val DRAWN = "=─━═_~-"
private const val JOINED = "|+:$BOX$DRAWN"
private const val ALONE = "*." // drawn, but not in a row of three

private fun saidFrom(text: String, start: Int, end: Int): Int {
    var low = text.skip(start, end) { it.isBlank() }
    while (low < end && text[low] == '>') low = text.skip(low + 1, end) { it.isBlank() }
    return low
}

private fun isDrawnRule(text: String): Boolean {
    var drawn = 0
    var joined = 0
    var isRule = false
    for (character in text) {
        if (character !in JOINED && character !in ALONE && !character.isSpace()) return false
        drawn = if (character in DRAWN) drawn + 1 else 0
        joined = if (character in JOINED) joined + 1 else 0
        isRule = isRule || drawn == 2 || joined == 3
    }
    return isRule
}

/** Commands with their arguments, such as `\hline` and `\cline{1-2}`, and nothing else. */
private fun isLatexRule(text: String): Boolean {
    var index = 0
    while (index < text.length) {
        val name = index + 1
        if (text[index] != '\\') return false
        index = text.skip(name) { it.isAsciiLetter() }
        if (index == name) return false
        var end = argumentEnd(text, index)
        while (end > index) {
            index = end
            end = argumentEnd(text, index)
        }
        index = text.skip(index) { it.isSpace() }
    }
    return true
}

/** Where an argument in braces or brackets ends that begins at [start]; [start] where there is none. */
private fun argumentEnd(text: String, start: Int): Int {
    val (opening, closing) =
        when (text.getOrNull(start)) {
            '{' -> '{' to '}'
            '(' -> '(' to ')'
            else -> return start
        }
    val end = text.skip(start + 1) { it != opening && it != closing }
    return if (end < text.length && text[end] == closing) end + 1 else start
}
