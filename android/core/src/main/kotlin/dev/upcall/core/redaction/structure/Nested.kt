package dev.upcall.core.redaction.structure

import dev.upcall.core.redaction.Place
import dev.upcall.core.redaction.Unicode
import dev.upcall.core.redaction.isAscii

/**
 * Columns of what stands in brackets: in JSON, literals of programming languages and SQL, also in the middle of a text.
 *
 * These are the elements of one array; all values with one key; values at one place of the rows of a table, whose names
 * are the array of a neighbouring key such as `columns`, the first row, or what stands in brackets before `VALUES`.
 *
 * @param text any, read once from its beginning to its end.
 * @param labels which labels count.
 */
internal fun nestedColumns(text: String, labels: Labels): List<Column> =
    if (text.any { it in "[{(" }) NestedReader(text, labels).read() else emptyList()

private val DEEPEST by limit("nested", "deepest")
private val LONG_WORD by limit("nested", "long_word") // of which several, with blanks between them, are several values
private val LONGEST_VALUE by limit("nested", "longest_value")
private val LABEL_WORDS by limit("nested", "most_label_words")
private const val REFERENCE = "$%#@{"

private class NestedReader(private val text: String, private val labels: Labels) {
    private val root = NestedFrame("")
    private val stack = mutableListOf(root)
    private var tooDeep = 0
    private val columns = mutableListOf<Column>()
    private val keyed = LinkedHashMap<String, MutableList<Place>>()

    fun read(): List<Column> {
        val tokens = NestedTokens(text)
        var position = 0
        while (true) {
            val kind = tokens.next() ?: break
            val frame = stack.last()
            if (frame === root && hasLineEnd(position, tokens.start)) endLine()
            position = tokens.end
            take(kind, tokens, frame)
        }
        while (stack.size > 1) end(stack.last())
        endRows(root)
        keyed.mapTo(columns) { (label, cells) -> Column(label, cells) }
        return columns
    }

    private fun take(kind: NestedKind, tokens: NestedTokens, frame: NestedFrame) {
        when (kind) {
            NestedKind.STRING -> frame.words.add(Place(tokens.start + 1, tokens.end - 1))
            NestedKind.WORD -> {
                val word = Place(tokens.start, tokens.end)
                frame.words.add(word)
                if (word.length == VALUES.length && Unicode.lower(word.of(text)) == VALUES) beginRows(frame)
            }
            NestedKind.OPENING -> open(frame, tokens.start)
            NestedKind.CLOSING -> end(frame)
            NestedKind.ASSIGNMENT -> {
                frame.key = said(frame).ifEmpty { frame.key }
                frame.words.clear()
            }
            NestedKind.SEPARATOR ->
                if (frame === root) {
                    frame.words.clear()
                    if (text[tokens.start] == ';') endRows(frame)
                } else {
                    takeValue(frame)
                }
        }
    }

    /** Between brackets a line ends what was named, once that is said. */
    private fun endLine() {
        if (root.words.isNotEmpty() || root.isRead) {
            root.key = ""
            root.isRead = false
        }
        root.words.clear()
    }

    /** `VALUES` of SQL: what stood in brackets before it are the names of the columns, else the table's name is all there is. */
    private fun beginRows(frame: NestedFrame) {
        frame.names = frame.rows.lastOrNull()?.let(::texts).orEmpty()
        frame.rows.clear()
        if (frame.names.isEmpty()) frame.key = frame.words.getOrNull(frame.words.size - 2)?.of(text).orEmpty()
    }

    /** What was read last, as a label. */
    private fun said(frame: NestedFrame): String {
        val last = frame.words.lastOrNull() ?: return ""
        val first =
            frame.words.takeLast(LABEL_WORDS).firstOrNull { !Place(it.start, last.end).isLonger(text, LONGEST_LABEL) }
                ?: return ""
        return Unicode.stripped(text.substring(first.start, last.end).substringAfterLast('\n'))
    }

    /** The label of a value with a key: with the key above it, where the key alone does not say what it is. */
    private fun labelOf(key: String, frame: NestedFrame): String = when {
        frame.label.isEmpty() || labels.private(key) != null || labels.isSomethingElse(key) -> key
        frame.isKeyed || labels.isGeneral(key) -> "${frame.label} $key"
        else -> key
    }

    private fun open(frame: NestedFrame, start: Int) {
        if (stack.size >= DEEPEST) {
            tooDeep++
            return
        }
        val word = frame.words.lastOrNull()?.let { Unicode.lower(it.of(text)) }.orEmpty()
        if (word == "in" && frame.words.size > 1) frame.key = frame.words[frame.words.size - 2].of(text)
        val isReference =
            text[start] == '{' &&
                ((start > 0 && text[start - 1] in REFERENCE) || text.startsWith("{", start + 1))
        // ${NAME} and {{ name }} stand for a value.
        val key = if (isReference) "" else frame.key.ifEmpty { if (frame === root) "" else said(frame) }
        val label =
            when {
                isReference -> ""
                key.isEmpty() -> frame.label
                else -> labelOf(key, frame)
            }
        val isMade = text[start] == '{' || labels.makesLists(word.substring(word.lastIndexOfAny(PART_ENDS) + 1))
        stack +=
            NestedFrame(
                label,
                isKeyed = key.isNotEmpty(),
                holdsNames = labels.namesColumns(key),
                isCall = !isMade && start > 0 && endsWord(start),
            )
        frame.words.clear()
        if (frame === root) frame.isRead = true else frame.key = ""
    }

    private fun endsWord(index: Int): Boolean =
        text[index - 1] in "_])" || text.codePointBefore(index) in Unicode.alphanumeric

    /** Ends the value that was read. */
    private fun takeValue(frame: NestedFrame) {
        if (frame.words.isNotEmpty()) {
            val cell = Place(frame.words.first().start, frame.words.last().end)
            val isSentence = cell.isLonger(text, LONGEST_VALUE) || hasLineEnd(cell.start, cell.end)
            if (!isSentence && frame.key.isEmpty()) {
                val areValues = frame.words.all { it.length >= LONG_WORD } && cell.of(text).isAscii()
                if (areValues) frame.values.addAll(frame.words) else frame.values.add(cell)
            } else if (!isSentence && cell.length > 0) {
                keyed.getOrPut(labelOf(frame.key, frame)) { mutableListOf() }.add(cell)
                val above = stack[stack.size - 2]
                if (above.holdsNames && labels.isGeneral(frame.key)) above.values.add(cell)
            }
        }
        frame.words.clear()
        frame.key = ""
    }

    private fun end(frame: NestedFrame) {
        if (tooDeep > 0) {
            tooDeep--
        } else if (frame !== root) {
            takeValue(frame)
            stack.removeAt(stack.lastIndex)
            val parent = stack.last()
            endRows(frame)
            if (frame.rows.isNotEmpty() && frame.names.isEmpty()) parent.tables.add(frame.rows)
            if (frame.rows.isEmpty() && parent.names.isEmpty()) parent.names = frame.names
            if (frame.holdsNames) {
                parent.names = texts(frame.values)
            } else if (frame.values.isNotEmpty()) {
                if (!frame.isCall) columns.add(Column(frame.label, frame.values))
                parent.rows.add(frame.values)
            }
        }
    }

    /** Makes columns of the rows in a frame, and of those of its children where their names stand in it. */
    private fun endRows(frame: NestedFrame) {
        if (frame !== root && frame.names.isEmpty() && frame.rows.firstOrNull()?.let(::isHead) == true) {
            frame.names = texts(frame.rows.removeAt(0))
        }
        for (rows in listOf(frame.rows) + frame.tables) {
            val cells = mutableListOf<MutableList<Place>>()
            for (row in rows) {
                row.forEachIndexed { index, cell ->
                    if (index == cells.size) cells.add(mutableListOf())
                    cells[index].add(cell)
                }
            }
            cells.forEachIndexed { index, column ->
                val label = frame.names.getOrElse(index) { "" }
                if (column.size > 1 || label.isNotEmpty()) columns.add(Column(label, column))
            }
        }
        frame.tables.clear()
        if (frame === root) {
            frame.names = emptyList()
            frame.rows.clear()
        }
    }

    private fun isHead(row: List<Place>): Boolean {
        val said = texts(row)
        return said.size > 1 && said.any { labels.private(it) != null } && said.all(labels::isLabel)
    }

    private fun texts(cells: List<Place>): List<String> = cells.map { it.of(text) }

    private fun hasLineEnd(start: Int, end: Int): Boolean = text.skip(start, end) { it != '\n' } < end
}

/**
 * One open bracket; the first is the text around all of them.
 *
 * @property label of its values that have no key of their own.
 * @property isKeyed whether its key stands right before it, not before an array of such frames.
 * @property holdsNames whether its values are the names of columns.
 * @property isCall whether a word stands right before it, as in a call or a subscript: its values are no values of the key.
 */
private class NestedFrame(
    val label: String,
    val isKeyed: Boolean = false,
    val holdsNames: Boolean = false,
    val isCall: Boolean = false,
) {
    /** Read, and waiting for its value. */
    var key = ""
    var isRead = false

    /** Of the value or key that is being read. */
    val words = mutableListOf<Place>()
    val values = mutableListOf<Place>()

    /** Arrays of values in it. */
    val rows = mutableListOf<List<Place>>()

    /** Of the columns of its rows. */
    var names = emptyList<String>()

    /** Rows of its children, which wait for names. */
    val tables = mutableListOf<List<List<Place>>>()
}

private const val VALUES = "values"
private val PART_ENDS = charArrayOf('.', '<', '>', '%')
