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

/**
 * What one line holds of a row.
 *
 * @property cells of this line; the last may go on over its end.
 * @property following where the next part stands; null in the last one.
 */
internal class RowPart(val cells: List<Place>, val following: Place?, end: Int) {
    /** How many cells this part and those that follow have. */
    var size: Int = cells.size
        private set

    /** Where the row ends. */
    var end: Int = end
        private set

    /** Counts those that follow, which must have been counted. */
    fun join(behind: RowPart) {
        size = cells.size + behind.size
        end = behind.end
    }
}

/**
 * The rows of a text with one delimiter.
 *
 * A row may go on over the ends of lines, in quoted cells; those from several lines on may have their ends in common, so
 * each part is read once.
 */
internal class DelimitedRows(private val text: String, private val delimiter: Delimiter) {
    private val parts = HashMap<Place, RowPart>()

    /** The first part of the row that begins with a line. */
    fun row(line: Line): RowPart {
        var place = Place(line.low, line.high)
        if (delimiter == Delimiter.PIPE) {
            val start = text.skip(line.low, line.high) { it in PIPES }
            place = Place(start, text.skipBack(line.high, start) { it in PIPES })
        }
        val read = mutableListOf<RowPart>()
        var next: Place? = place
        while (next != null && next !in parts) {
            val part = part(next)
            parts[next] = part
            read.add(part)
            next = part.following
        }
        for (part in read.asReversed()) part.following?.let { part.join(parts.getValue(it)) }
        return parts.getValue(place)
    }

    /** All cells of a row. */
    fun cells(row: RowPart): List<Place> {
        if (row.following == null) return row.cells
        return generateSequence(row) { part -> part.following?.let(parts::getValue) }.flatMap { it.cells }.toList()
    }

    private fun part(place: Place): RowPart {
        var (start, end) = place
        val mayBeQuoted = delimiter.isQuoted && text.skip(start, end) { it != '"' } < end
        val cells = mutableListOf<Place>()
        while (true) {
            val inside = if (mayBeQuoted) quotedCell(text, start, delimiter.mark) else null
            if (inside != null) {
                cells.add(inside)
                start = text.skip(inside.end + 1) { it == ' ' }
                if (start >= end) { // it went on over the end of the line
                    end = text.skip(start) { it != '\r' && it != '\n' }
                    return RowPart(cells, if (start < end) Place(start + 1, end) else null, end)
                }
                start++
                continue
            }
            val found = delimiter.next(text, start, end)
            cells.add(trimmedCell(text, start, found?.start ?: end))
            start = found?.end ?: return RowPart(cells, null, end)
        }
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
