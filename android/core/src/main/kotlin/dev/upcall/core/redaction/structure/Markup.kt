package dev.upcall.core.redaction.structure

import dev.upcall.core.redaction.Place
import dev.upcall.core.redaction.Unicode

/**
 * Columns of HTML tables, of lists under a heading, and of elements, by the names of those around them.
 *
 * @param text any.
 * @param labels which labels count.
 */
internal fun markupColumns(text: String, labels: Labels): List<Column> = MarkupReader(text, labels).read()

private val HEADINGS = setOf("h1", "h2", "h3", "h4", "h5", "h6", "caption", "dt", "legend", "label", "strong", "b")
private val ITEMS = setOf("li", "dd", "p", "option")
private val CELLS = setOf("th", "td")
private val DEEPEST by limit("markup", "deepest")
private val NEAREST by limit("markup", "nearest_elements") // elements around a value whose names may say what it is
private const val LONGEST_NAME = 61
private const val LONGEST_TAG = 400 // code points

private class MarkupReader(private val text: String, private val labels: Labels) {
    private val columns = mutableListOf<Column>()
    private val elements = LinkedHashMap<String, MutableList<Place>>()
    private val around = mutableListOf<String>()
    private val table = MarkupTable(text, labels)
    private var heading = ""
    private var opened = "" // name of the element that is read
    private var content = -1 // where it begins

    fun read(): List<Column> {
        var index = text.indexOf('<')
        while (index >= 0) {
            val nameStart = if (text.startsWith("/", index + 1)) index + 2 else index + 1
            val nameEnd = nameEnd(text, nameStart)
            val end = if (nameEnd > nameStart) tagEnd(text, nameEnd) else -1
            if (end >= 0) take(text.substring(nameStart, nameEnd), isEnd = nameStart == index + 2, index, end + 1)
            index = text.indexOf('<', maxOf(end, index) + 1)
        }
        columns.addAll(table.end())
        elements.mapTo(columns) { (label, cells) -> Column(label, cells) }
        return columns
    }

    private fun take(written: String, isEnd: Boolean, start: Int, end: Int) {
        val name = Unicode.lower(written)
        if (opened in CELLS && (name in CELLS || name == "tr" || name == "table")) {
            table.row.add(inside(text, content, start))
            opened = ""
        }
        if (name == "tr" || name == "table") table.endRow()
        if (name == "table") columns.addAll(table.end())
        if (isEnd) {
            close(written, name, start)
        } else {
            if (around.size < DEEPEST) around.add(written)
            if (opened !in CELLS) {
                opened = name
                content = end
            }
        }
    }

    private fun close(written: String, name: String, start: Int) {
        if (opened == name) {
            val cell = inside(text, content, start)
            if (name in HEADINGS) {
                heading = cell.of(text)
            } else if (name !in CELLS && cell.length > 0) {
                elements.getOrPut(labelOf(written, name)) { mutableListOf() }.add(cell)
            }
            opened = ""
        }
        if (around.isNotEmpty() && Unicode.lower(around.last()) == name) around.removeAt(around.lastIndex)
    }

    /** The name that counts of an element, of those around it, or of the heading above it; empty where none does. */
    private fun labelOf(written: String, name: String): String {
        val outer = around.takeLast(NEAREST + 1).dropLast(1).asReversed()
        val names = listOf(written) + outer + listOfNotNull(heading.takeIf { name in ITEMS })
        return names.firstOrNull { labels.private(it) != null }.orEmpty()
    }
}

/** The rows of one HTML table. */
private class MarkupTable(private val text: String, private val labels: Labels) {
    private var heads = emptyList<String>()
    private var cells = LabelledCells()

    /** The cells that are read. */
    var row = mutableListOf<Place>()

    /** Takes the cells of [row]: as heads where one is a label that counts, else as values. */
    fun endRow() {
        val said = row.map { it.of(text) }
        if (said.any { labels.private(it) != null } && said.all(labels::isLabel)) {
            heads = said
        } else if (said.isNotEmpty()) {
            val isLabelled = labels.private(said[0]) != null
            row.forEachIndexed { index, cell ->
                cells.add(heads.getOrElse(index) { "" }, index, cell)
                if (isLabelled && index > 0) cells.add(said[0], -1, cell)
            }
        }
        row = mutableListOf()
    }

    /** The columns so far; the next row begins another table. */
    fun end(): List<Column> {
        endRow()
        return cells.columns().also {
            heads = emptyList()
            cells = LabelledCells()
        }
    }
}

/** Where the name of a tag ends that begins at [start]; [start] where there is none. */
private fun nameEnd(text: String, start: Int): Int {
    if (text.getOrNull(start)?.isAsciiLetter() != true) return start
    val end = text.skip(start) { it.isAsciiLetter() || it.isAsciiDigit() || it in ":._-" }
    return if (end - start > LONGEST_NAME) start else end
}

/** The bracket that closes a tag whose name ends at [start], behind its attributes; −1 where it is none. */
private fun tagEnd(text: String, start: Int): Int = when {
    text.startsWith(">", start) -> start
    start < text.length && (text[start] == '/' || text[start].isSpace()) -> closing(text, start + 1, text.length)
    else -> -1
}

/** The bracket that closes a tag, no more than so many characters from [start] on; −1 where there is none. */
private fun closing(text: String, start: Int, until: Int): Int {
    val end = text.skip(start, minOf(until, start + 2 * LONGEST_TAG + 1)) { it != '<' && it != '>' }
    return if (end < until && text[end] == '>' && text.codePointCount(start, end) <= LONGEST_TAG) end else -1
}

/** What an element says, without white space and tags at its ends. */
private fun inside(text: String, start: Int, end: Int): Place {
    var low = text.skip(start, end) { it.isSpace() }
    while (low < end && text[low] == '<') {
        val tagEnd = closing(text, low + 1, end)
        if (tagEnd < 0) break
        low = text.skip(tagEnd + 1, end) { it.isSpace() }
    }
    val high = text.skip(low, end) { it != '<' }
    return Place(low, text.skipBack(high, low) { it.isSpace() })
}
