package dev.upcall.core.redaction.structure

import dev.upcall.core.redaction.Place
import dev.upcall.core.redaction.after

/** A table whose cells stand below each other, and the first line that is none of its rows. */
internal class FixedTable(val columns: List<Column>, val end: Int)

private val HEAD by limit("tables", "head_characters")
private val MOST_COLUMNS by limit("tables", "most_fixed_columns")

/**
 * The table with columns of a fixed width whose head is a line; null where it is none.
 *
 * @param text any.
 * @param lines of the text.
 * @param index of the line.
 * @param labels which labels count.
 */
internal fun fixedTable(text: String, lines: List<Line>, index: Int, labels: Labels): FixedTable? {
    val head = lines[index]
    if (head.text.hasDigit(end = head.text.after(0, HEAD))) return null
    val chunks = pieces(head.text, areChunks = true, most = MOST_COLUMNS + 1)
    val heads = if (chunks.size > 1) chunks else pieces(head.text, areChunks = false, most = MOST_COLUMNS + 1)
    if (heads.size !in 2..MOST_COLUMNS || !goesOn(lines, index, heads.size)) return null
    if (share(text, heads.map { Place(head.low + it.start, head.low + it.end) }, labels) == 0.0) return null

    val cells = LinkedHashMap<Int, MutableList<Place>>()
    val columns = FixedColumns(heads, areChunks = chunks.size > 1, margin = head.low - head.start)
    var end = index + 1
    while (end < lines.size) {
        val line = lines[end]
        if (!line.isRule) {
            val places = columns.cells(line) ?: break
            for ((column, piece) in places) {
                val cell = trimmedCell(text, line.low + piece.start, line.low + piece.end)
                cells.getOrPut(column) { mutableListOf() }.add(cell)
            }
        }
        end++
    }
    if (cells.isEmpty()) return null
    val names = heads.map { head.text.substring(it.start, it.end) }
    return FixedTable(cells.map { (column, found) -> Column(names[column], found) }, end)
}

/** Whether the next line that is no rule may be a row: it holds a digit and more than one cell. */
private fun goesOn(lines: List<Line>, index: Int, heads: Int): Boolean {
    val below = lines.subList(index + 1, minOf(lines.size, index + 3)).firstOrNull { !it.isRule }?.text ?: return false
    val areCells = "  " in below || '\t' in below || below.wordPlaces(0, below.length, most = heads + 1).size == heads
    return areCells && below.hasDigit()
}

/**
 * Which pieces of a line stand under which heads.
 *
 * @property heads pieces of the line of the heads.
 * @property areChunks whether wide gaps part the heads; else single blanks do.
 * @property margin of the line of the heads, characters.
 */
private class FixedColumns(private val heads: List<Piece>, private val areChunks: Boolean, private val margin: Int) {
    /** The cells of a row, each with the number of its column; null where the line is no row. */
    fun cells(line: Line): List<Pair<Int, Piece>>? {
        val words = pieces(line.text, areChunks = false)
        if (words.size == heads.size) return words.mapIndexed { column, word -> column to word }
        val chunks = pieces(line.text, areChunks = true)
        if (chunks.size < 2 || !areChunks) return null
        val shift = line.low - line.start - margin
        return chunks.flatMap { chunk -> parted(line.text, chunk, shift).map { nearest(it, shift) to it } }
    }

    /** The words of a chunk that stands under several heads; else the chunk. */
    private fun parted(text: String, chunk: Piece, shift: Int): List<Piece> {
        val over = heads.count { it.column < chunk.columnEnd + shift && chunk.column + shift < it.columnEnd }
        return if (over < 2) listOf(chunk) else pieces(text, areChunks = false, chunk)
    }

    /** The head that stands above a piece, or nearest to it. */
    private fun nearest(piece: Piece, shift: Int): Int {
        val low = piece.column + shift
        val high = piece.columnEnd + shift
        return heads.indices.minWith(
            compareBy<Int> { maxOf(low, heads[it].column) - minOf(high, heads[it].columnEnd) }
                .thenBy { kotlin.math.abs(heads[it].column - low) },
        )
    }
}

/**
 * A part of a line.
 *
 * @property start in UTF-16 code units.
 * @property end likewise.
 * @property column where it stands, in characters as a reader counts them: code points.
 * @property columnEnd likewise.
 */
private class Piece(val start: Int, val end: Int, val column: Int, val columnEnd: Int)

/** The words of a line, or of a piece of it; as chunks, words with one blank between them stay together. */
private fun pieces(line: String, areChunks: Boolean, within: Piece? = null, most: Int = Int.MAX_VALUE): List<Piece> {
    val until = within?.end ?: line.length
    var index = within?.start ?: 0
    var column = within?.column ?: 0
    return buildList {
        while (index < until && size < most) {
            val start = line.skip(index, until) { it.isSpace() }
            var end = line.skip(start, until) { !it.isSpace() }
            while (areChunks && end + 1 < until && line[end] == ' ' && !line[end + 1].isSpace()) {
                end = line.skip(end + 1, until) { !it.isSpace() }
            }
            val low = column + line.codePointCount(index, start)
            column = low + line.codePointCount(start, end)
            index = end
            if (end > start) add(Piece(start, end, low, column))
        }
    }
}
