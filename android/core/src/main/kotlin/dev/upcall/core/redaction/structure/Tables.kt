package dev.upcall.core.redaction.structure

import dev.upcall.core.redaction.Place
import dev.upcall.core.redaction.Unicode

/**
 * Columns of the tables in plain text: with a delimiter (CSV, Markdown, psql, LaTeX), or with columns of a fixed width.
 *
 * @param text any, of which each line is read at most a few times.
 * @param lines of the text.
 * @param labels which labels count.
 */
internal fun tableColumns(text: String, lines: List<Line>, labels: Labels): List<Column> =
    TableReader(text, lines, labels).read()

private val TITLE_WITHIN by limit("tables", "title_within_lines")
private val LONGEST_TITLE by limit("tables", "longest_title")
private const val AROUND_TITLES = " #*_:"

private class TableReader(private val text: String, private val lines: List<Line>, private val labels: Labels) {
    private val columns = mutableListOf<Column>()
    private val readers = Delimiter.entries.associateWith { DelimitedRows(text, it) }

    /** For each line, the first from it on that does not only draw a line. */
    private val behindRules =
        IntArray(lines.size).also { next ->
            for (index in lines.indices.reversed()) {
                next[index] = if (lines[index].isRule) next.getOrElse(index + 1) { lines.size } else index
            }
        }

    fun read(): List<Column> {
        var index = 0
        while (index < lines.size) index = maxOf(readDelimited(index) ?: readFixed(index), index + 1)
        return columns
    }

    /** Reads a table with a delimiter from a line on; the first line that is none of its rows, or null without a table. */
    private fun readDelimited(index: Int): Int? {
        for (delimiter in Delimiter.entries) {
            if (!delimiter.isIn(lines[index].text)) continue
            val reader = readers.getValue(delimiter)
            val rows = mutableListOf<RowPart>()
            val end = rows(index, delimiter, rows)
            if (rows.size > 1) {
                val cells = TableCells(text, labels, copiedNames(index), title(index))
                rows.forEach { cells.add(reader.cells(it)) }
                columns.addAll(cells.columns())
                return end
            }
        }
        return null
    }

    private fun readFixed(index: Int): Int {
        val table = fixedTable(text, lines, index, labels) ?: return index
        columns.addAll(table.columns)
        return table.end
    }

    /** Reads rows from a line on; the first line that is none of them. */
    private fun rows(start: Int, delimiter: Delimiter, rows: MutableList<RowPart>): Int {
        var index = start
        var isBehindBlank = false
        while (index < lines.size) {
            val line = lines[index]
            if (line.text.isEmpty()) {
                if (isBehindBlank) break
                isBehindBlank = true
                index++
            } else if (line.isRule && rows.isNotEmpty()) {
                index = behindRules[index]
            } else {
                if (!delimiter.isIn(line.text) || (rows.isNotEmpty() && delimiter.isOfText(line.text))) break
                val row = readers.getValue(delimiter).row(line)
                if (isBehindBlank && row.size != rows.lastOrNull()?.size) break
                isBehindBlank = false
                rows.add(row)
                index++
                if (index < lines.size && lines[index].start < row.end) index = lineFrom(row.end, index)
            }
        }
        return index
    }

    /** The first line from [from] on that begins at [start] or behind it. */
    private fun lineFrom(start: Int, from: Int): Int {
        val found = lines.binarySearchBy(start, from) { it.start }
        return if (found >= 0) found else -found - 1
    }

    /** Names of the columns of a PostgreSQL dump, whose rows begin with a line. */
    private fun copiedNames(index: Int): List<String> {
        val names = lines.getOrNull(index - 1)?.let { copiedColumns(it.text) } ?: return emptyList()
        return names.split(',').map { name -> name.trim { it == ' ' || it == '"' } }
    }

    /** What the line above a table says of its values, if that counts; else an empty text. */
    private fun title(index: Int): String {
        val above = lines.subList(maxOf(0, index - TITLE_WITHIN), index).lastOrNull { it.text.isNotEmpty() }?.text
        if (above == null || above.isLonger(LONGEST_TITLE)) return ""
        return labels.within(above.trim { it in AROUND_TITLES }).orEmpty()
    }
}

/** What stands in brackets in `COPY table (a, b) FROM`, or null in another line. */
private fun copiedColumns(line: String): String? {
    val command = "copy".length
    val table = line.skip(command) { it.isSpace() }
    if (!isAsciiWord(line, 0, "copy") || table == command) return null
    val tableEnd = line.skip(table) { !it.isSpace() }
    val brackets = sequenceOf(line.skip(tableEnd) { it.isSpace() }) + (tableEnd - 1 downTo table + 1)
    return brackets.filter { line.getOrNull(it) == '(' }.firstNotNullOfOrNull { opening ->
        val closing = line.skip(opening + 1) { it != '(' && it != ')' }
        val from = line.skip(closing + 1) { it.isSpace() }
        val isCopy =
            line.getOrNull(closing) == ')' && from > closing + 1 && isAsciiWord(line, from, "from") &&
                !isInWord(line, from + "from".length)
        line.substring(opening + 1, closing).takeIf { isCopy }
    }
}

private fun isAsciiWord(text: String, start: Int, word: String): Boolean =
    start + word.length <= text.length && word.indices.all { text[start + it].code or 0x20 == word[it].code }

/** Whether a letter, digit or underscore stands at a place of a text. */
internal fun isInWord(text: String, index: Int): Boolean =
    index < text.length && (text[index] == '_' || text.codePointAt(index) in Unicode.alphanumeric)
