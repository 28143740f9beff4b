package dev.upcall.core.redaction.structure

import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Place

/**
 * Values of one kind: a column of a table, the items of a list, the elements of an array.
 *
 * @property label what stands above or before them; empty where nothing does.
 * @property cells in order, without quotation marks and white space around them.
 */
internal class Column(val label: String, val cells: List<Place>)

/** Columns that grow cell by cell, told apart by their label and by their place in a row. */
internal class LabelledCells {
    private val cells = LinkedHashMap<Pair<String, Int>, MutableList<Place>>()

    fun add(label: String, index: Int, cell: Place) {
        cells.getOrPut(label to index) { mutableListOf() }.add(cell)
    }

    /** The columns so far, in the order of their first cells. */
    fun columns(): List<Column> = cells.map { (key, column) -> Column(key.first, column) }
}

/**
 * A text of lines `label: value`, in which the rules find what a label far away says about a value.
 *
 * @property text the copy.
 */
internal class LabelledCopy(val text: String, private val cells: List<Copied>) {
    /** The part of a value of the text that [start, end) of the copy covers; null where it covers labels only. */
    fun original(start: Int, end: Int): Place? {
        val found = cells.binarySearchBy(start) { it.at }
        val index = if (found < 0) -found - 2 else found
        for (cell in cells.subList(maxOf(0, index), minOf(cells.size, index + 2))) {
            val first = maxOf(start, cell.at)
            val last = minOf(end, cell.at + cell.place.length)
            if (first < last) return Place(cell.place.start + first - cell.at, cell.place.start + last - cell.at)
        }
        return null
    }

    /** Where a value stands in the copy and in the text. */
    class Copied(val at: Int, val place: Place)
}

/**
 * The labelled copy of all columns whose label can say that something is private, or null without such a column.
 *
 * @param text to which the cells belong.
 * @param columns of it.
 * @param labels which labels count.
 * @param known cells that need no label.
 */
internal fun labelled(
    text: String,
    columns: Iterable<Column>,
    labels: Labels,
    known: Set<Place> = emptySet(),
): LabelledCopy? {
    val values = LinkedHashMap<String, LinkedHashSet<Place>>()
    for (column in columns) {
        val label = labels.private(column.label) ?: continue
        column.cells.filterTo(values.getOrPut(label) { LinkedHashSet() }) { it !in known }
    }
    val copy = StringBuilder()
    val places = mutableListOf<LabelledCopy.Copied>()
    for ((label, cells) in values) {
        for (cell in cells) {
            val quote = quoteFor(text, cell)
            copy.append(label).append(": ").append(quote)
            places.add(LabelledCopy.Copied(copy.length, cell))
            copy.append(text, cell.start, cell.end).append(quote).append('\n')
        }
        copy.append(GAP)
    }
    return if (places.isEmpty()) null else LabelledCopy(copy.toString(), places)
}

private val GAP = "\n".repeat(100) // further than the context of a rule reaches
private const val QUOTES = "\"'`"
private const val NEEDS_QUOTES = ",;<>\"`&'"

private fun quoteFor(text: String, cell: Place): String {
    val needsQuotes = (cell.start until cell.end).any { text[it] in NEEDS_QUOTES || text[it].isSpace() }
    if (!needsQuotes) return ""
    val free = QUOTES.firstOrNull { mark -> (cell.start until cell.end).none { text[it] == mark } }
    return free?.toString().orEmpty()
}

/**
 * When the other values of a column are what some of them were found to be.
 *
 * @property entityTypes types of which this can be said.
 * @property fewest values of the column that must have been found.
 * @property share of the values of that shape that must have been found, in (0, 1].
 */
internal class Siblings(private val entityTypes: Set<EntityType>, private val fewest: Int, private val share: Double) {
    /**
     * Values of the columns that were not found themselves, with the type of their siblings.
     *
     * @param text to which the cells belong.
     * @param columns of it.
     * @param known what was found, as whole values.
     */
    fun found(text: String, columns: Iterable<Column>, known: Map<Place, EntityType>): List<Pair<Place, EntityType>> {
        val told = known.filterValues { it in entityTypes }
        return if (told.isEmpty()) emptyList() else columns.flatMap { inColumn(text, it, told) }
    }

    private fun inColumn(text: String, column: Column, known: Map<Place, EntityType>): List<Pair<Place, EntityType>> {
        if (column.cells.count { it in known } < fewest) return emptyList()
        return column.cells.groupBy { shape(text, it) }.values.flatMap { cells ->
            val (type, count) =
                cells.mapNotNull(known::get).groupingBy { it }.eachCount().maxByOrNull { it.value }
                    ?: return@flatMap emptyList()
            if (count < share * cells.size) emptyList() else cells.filter { it !in known }.map { it to type }
        }
    }
}
