package dev.upcall.core.redaction.structure

import dev.upcall.core.redaction.Place
import dev.upcall.core.redaction.Unicode
import dev.upcall.core.redaction.after

/**
 * Columns of the lists of a text: items with a mark, plain lines, or values in one line, under or beside a label.
 *
 * @param lines of the text.
 * @param labels which labels count.
 */
internal fun listColumns(lines: List<Line>, labels: Labels): List<Column> = ListReader(lines, labels).read()

private const val MOST_WORDS = 4 // of a line that is a label though nothing marks it as one
private val LONGEST_ITEM by limit("lists", "longest_item")
private val LONGEST_SENTENCE by limit("lists", "longest_sentence")
private const val AROUND_NAMES = "*_#=! \t\"'"
private const val NO_NAME = ",;|&\t"
private const val WORD_LETTERS = 5

private class ListReader(private val lines: List<Line>, private val labels: Labels) {
    private val columns = mutableListOf<Column>()
    private var label = ""
    private var cells = mutableListOf<Place>()
    private var isBare = false // whether plain lines belong to the label, too

    fun read(): List<Column> {
        lines.forEachIndexed { index, line ->
            when {
                line.text.isEmpty() -> isBare = isBare && cells.isEmpty()
                !line.isRule -> take(line, isLast = index == lines.lastIndex)
            }
        }
        begin("", isBare = false)
        return columns
    }

    private fun take(line: Line, isLast: Boolean) {
        val item = itemEnd(line.text)
        val name = if (item > 0 || isLast) null else nameIn(line.text)
        when {
            item > 0 -> add(line, item)
            name == null -> takePlain(line)
            // A key between the label and its values is none that begins a list.
            label.isEmpty() || cells.isNotEmpty() || !labels.isGeneral(name) -> {
                val counts = labels.within(name)
                begin(counts ?: name, isBare = counts != null)
            }
        }
    }

    private fun takePlain(line: Line) {
        val said = line.text
        val isItem = isBare && !said.isLonger(LONGEST_ITEM)
        if (isItem || (label.isEmpty() && !said.isLonger(LONGEST_LABEL) && isNumber(said) && !isWorded(said))) {
            add(line, 0)
        } else {
            begin("", isBare = false)
        }
        inLineColumn(line, labels)?.let(columns::add)
    }

    private fun begin(label: String, isBare: Boolean) {
        if (cells.isNotEmpty()) columns.add(Column(this.label, cells))
        cells = mutableListOf()
        this.label = label
        this.isBare = isBare
    }

    private fun add(line: Line, skipped: Int) {
        val until = line.text.after(skipped, LONGEST_ITEM * 4)
        val cell = line.text.trimmed(skipped, until) { it in "$AROUND_VALUES,;" }
        if (cell.length > 0) cells.add(Place(line.low + cell.start, line.low + cell.end))
    }

    /** What a line says of the lines below it, or null where it is no label. */
    private fun nameIn(said: String): String? {
        if (said.isLonger(LONGEST_SENTENCE)) return null
        sectionName(said)?.let { return it }
        val start = headingEnd(said)
        val end = labelEnd(said)
        val name = said.trimmed(start, maxOf(start, end), { it in AROUND_NAMES }).of(said)
        return if (start > 0 || end < said.length || isName(name)) name else null
    }

    private fun isName(name: String): Boolean = !name.isLonger(LONGEST_LABEL) && name.none { it.isAsciiDigit() } &&
        name.none { it in NO_NAME } && name.zipWithNext().none { (one, two) -> one.isSpace() && two.isSpace() } &&
        !name.endsWith('.') && !name.endsWith('?') && !name.endsWith('!') &&
        labels.private(name) != null && Unicode.words(name).size <= MOST_WORDS

    private fun isWorded(said: String): Boolean {
        if (':' in said || '=' in said) return true
        var letters = 0
        var index = 0
        while (index < said.length && letters < WORD_LETTERS) {
            val point = said.codePointAt(index)
            letters = if (isWordLetter(point)) letters + 1 else 0
            index += Character.charCount(point)
        }
        return letters == WORD_LETTERS
    }
}
