package dev.upcall.core.redaction.structure

/**
 * Columns of the tables, lists and nested data of a text, whatever it is written in; a value may stand in several.
 *
 * @param text any, read in time linear in its length.
 * @param labels which labels count.
 */
internal fun columnsOf(text: String, labels: Labels): List<Column> = buildList {
    val lines = linesOf(text)
    addAll(nestedColumns(text, labels))
    addAll(listColumns(lines, labels))
    for (escapes in ESCAPES) {
        if ("\\".repeat(escapes) + '"' in text) addAll(nestedColumns(inner(text, escapes), labels))
    }
    if (lines.size >= FEWEST_LINES) addAll(tableColumns(text, lines, labels))
    if ("</" in text || "<t" in text) addAll(markupColumns(text, labels))
}

private val FEWEST_LINES by limit("reading", "fewest_lines")
private val ESCAPES = listOf(1, 3) // backslashes before the quotation marks of JSON in a string, and of JSON in that

/** A text of the same length in which only quotation marks with so many backslashes before them are some. */
private fun inner(text: String, escapes: Int): String {
    val copy = text.toCharArray()
    var quote = text.indexOf('"')
    while (quote >= 0) {
        val start = text.skipBack(quote) { it == '\\' }
        copy.fill(' ', start, if (quote - start == escapes) quote else quote + 1)
        quote = text.indexOf('"', quote + 1)
    }
    return String(copy)
}
