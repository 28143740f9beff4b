package dev.upcall.core.redaction.structure

import dev.upcall.core.redaction.Place

private val FEWEST_ON_SIDE by limit("tables", "fewest_cells_on_side") // of two, one stands right beside the other

/**
 * The cells of a table under the labels of their columns, or beside the label of their row.
 *
 * @param text to which the cells belong.
 * @param labels which labels count.
 * @param heads of the columns, as far as something above the table says them.
 * @param title what stands above the table and counts; may be empty.
 */
internal class TableCells(
    private val text: String,
    private val labels: Labels,
    private var heads: List<String>,
    private val title: String,
) {
    private val cells = LabelledCells()
    private var share = if (heads.isEmpty()) 0.0 else 1.0 // of the heads that are labels that count
    private var isFirst = true

    /** The columns so far. */
    fun columns(): List<Column> = cells.columns()

    /** Takes a row: as heads where more of its cells are labels that count than of the heads before, else as values. */
    fun add(row: List<Place>) {
        val found = share(text, row, labels)
        val wasFirst = isFirst
        isFirst = false
        when {
            found > share -> {
                heads = texts(row)
                share = found
            }
            wasFirst && heads.isEmpty() && texts(row).any(labels::isVersion) -> heads = texts(row)
            wasFirst && heads.isEmpty() && title.isNotEmpty() ->
                heads = texts(row).map { if (it.isNotEmpty() && labels.isGeneral(it)) "$title $it" else it }
            else -> addValues(row)
        }
    }

    private fun addValues(row: List<Place>) {
        val beside = labelBeside(row)
        val more = row.size - heads.size
        row.forEachIndexed { index, cell ->
            if (cell.length == 0) return@forEachIndexed
            cells.add(heads.getOrElse(index) { "" }, index, cell)
            // A delimiter in a value moves those after it, a value left out too.
            val moved = index - more
            if (more != 0 && moved in heads.indices) cells.add(heads[moved], MOVED, cell)
            if (beside != null && index > 0) cells.add(beside, BESIDE, cell)
        }
    }

    /** The first cell of a row where it is the label of the others, as in a table on its side. */
    private fun labelBeside(row: List<Place>): String? {
        if (row.size < FEWEST_ON_SIDE || row.any { it.isLonger(text, LONGEST_LABEL) }) return null
        if (!text.hasDigit(row[1].start, row.last().end)) return null
        return row[0].of(text).takeIf { labels.private(it) != null }
    }

    private fun texts(row: List<Place>): List<String> = row.map { it.of(text) }

    private companion object {
        // Places of columns that are none of the table's own.
        const val MOVED = -1
        const val BESIDE = -2
    }
}

/** Which share of the cells of a row are labels that count; 0 where a cell is no label, or where there is only one. */
internal fun share(text: String, row: List<Place>, labels: Labels): Double {
    var said = 0
    var counting = 0
    for (cell in row) {
        if (cell.length == 0) continue
        val label = cell.of(text)
        if (!labels.isLabel(label)) return 0.0
        said++
        if (labels.private(label) != null) counting++
    }
    return if (said < 2) 0.0 else counting.toDouble() / said
}
