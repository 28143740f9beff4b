package dev.upcall.core.redaction.structure

import dev.upcall.core.redaction.Place

private const val PIPES = "|│┃║¦┆"
private const val AROUND_CELLS = " \t\u00A0\"'`*\\"
private const val LONGEST_QUOTED = 2000 // code points, a pair of quotation marks being one

/** What parts the cells of a row, in the order in which it is looked for. */
internal enum class Delimiter(val mark: Char) {
    TAB('\t'),
    PIPE('|'),
    SEMICOLON(';'),
    COMMA(','),
    AMPERSAND('&'),
    ;

    /** Whether it stands in a line. */
    fun isIn(line: String): Boolean = if (this == PIPE) line.any { it in PIPES } else mark in line

    /** Whether a line in which it stands is the row of a table with a stronger delimiter. */
    fun isOfText(line: String): Boolean = this > PIPE && ('\t' in line || line.count { it == '|' } > 1)

    /** Where it stands next, as [start, end); null where it does not. It is none behind a backslash where that is usual. */
    fun next(text: String, start: Int, until: Int): Place? {
        for (index in start until until) {
            val isMark = if (this == PIPE) text[index] in PIPES else text[index] == mark
            if (!isMark || (isEscaped && index > 0 && text[index - 1] == '\\')) continue
            // Two pipes at once are no empty cell, but the mark of a head.
            val isTwo = this == PIPE && text[index] == mark && index + 1 < until && text[index + 1] == mark
            return Place(index, if (isTwo) index + 2 else index + 1)
        }
        return null
    }

    /** Whether cells may stand in quotation marks. */
    val isQuoted: Boolean get() = this != AMPERSAND

    private val isEscaped: Boolean get() = this == PIPE || this == AMPERSAND
}

/** The cells of the row that begins with a line, and where the row ends: a quoted cell may go on over the end of the line. */
internal fun delimitedRow(text: String, line: Line, delimiter: Delimiter): Pair<List<Place>, Int> {
    var start = line.low
    var end = line.high
    if (delimiter == Delimiter.PIPE) {
        start = text.skip(start, end) { it in PIPES }
        end = text.skipBack(end, start) { it in PIPES }
    }
    val mayBeQuoted = delimiter.isQuoted && '"' in line.text
    val row = mutableListOf<Place>()
    while (true) {
        val inside = if (mayBeQuoted) quotedCell(text, start, delimiter.mark) else null
        if (inside != null) {
            row.add(inside)
            start = text.skip(inside.end + 1) { it == ' ' }
            if (start >= end) end = text.skip(start) { it != '\r' && it != '\n' }
            if (start >= end) return row to end
            start++
            continue
        }
        val found = delimiter.next(text, start, end)
        row.add(trimmedCell(text, start, found?.start ?: end))
        start = found?.end ?: return row to end
    }
}

/** A cell without the quotation marks, blanks and marks of emphasis around it; it may be empty. */
internal fun trimmedCell(text: String, start: Int, end: Int): Place =
    text.trimmed(start, maxOf(start, end)) { it in AROUND_CELLS }

/** What stands between the quotation marks of a cell that begins at [from]; null where they do not hold a whole cell. */
private fun quotedCell(text: String, from: Int, mark: Char): Place? {
    val start = text.skip(from) { it == ' ' } + 1
    if (text.getOrNull(start - 1) != '"') return null
    var index = start
    var units = 0
    while (index < text.length) {
        val isPair = text[index] == '"' && text.getOrNull(index + 1) == '"'
        if (text[index] == '"' && !(isPair && units < LONGEST_QUOTED)) break
        if (units == LONGEST_QUOTED) return null
        index += if (isPair) 2 else Character.charCount(text.codePointAt(index))
        units++
    }
    if (index >= text.length) return null
    val next = text.getOrNull(text.skip(index + 1) { it == ' ' })
    return Place(start, index).takeIf { next == null || next == mark || next == '\r' || next == '\n' }
}
