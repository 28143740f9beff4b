package dev.upcall.core.redaction.structure

/** A label as words with one blank between them: without commands of LaTeX, tags, remarks in brackets, marks and humps. */
internal fun plainLabel(label: String): String = withoutMarks(withoutHumps(withoutCommands(label)))

private const val MARKS = "_*`~{}\"'|:=.#-"
private const val LONGEST_REMARK = 40 // code points

private fun withoutCommands(label: String): String = buildString(label.length) {
    var index = 0
    while (index < label.length) {
        val end = commandEnd(label, index)
        append(if (end > index) ' ' else label[index])
        index = maxOf(end, index + 1)
    }
}

/** Where a command, tag or remark ends that begins at [start]; [start] where there is none. */
private fun commandEnd(label: String, start: Int): Int = when (label[start]) {
    '\\' -> label.skip(start + 1) { it.isAsciiLetter() }.let { if (it > start + 1) it else start }
    '<' -> remarkEnd(label, start, '<', '>')
    '(' -> remarkEnd(label, start, '(', ')')
    '[' -> remarkEnd(label, start, '[', ']')
    else -> start
}

private fun remarkEnd(label: String, start: Int, opening: Char, closing: Char): Int {
    val until = minOf(label.length, start + 2 + 2 * LONGEST_REMARK) // each code point is one or two characters
    val end = label.skip(start + 1, until) { it != opening && it != closing }
    val isClosed = end < until && label[end] == closing && label.codePointCount(start + 1, end) <= LONGEST_REMARK
    return if (isClosed) end + 1 else start
}

/** `phoneNumber` and `SSNNumber` with a blank before each `Number`. */
private fun withoutHumps(label: String): String = buildString(label.length + 2) {
    var index = 0
    while (index < label.length) {
        val size = humpSize(label, index)
        append(label[index])
        if (size > 0) append(' ').append(label, index + 1, index + size)
        index += maxOf(size, 1)
    }
}

/** Length of a hump whose first character belongs to the word before: `eN` or `NNum`; 0 where there is none. */
private fun humpSize(label: String, index: Int): Int {
    fun isUpper(offset: Int) = label.getOrNull(index + offset).let { it != null && it in 'A'..'Z' }

    fun isLower(offset: Int) = label.getOrNull(index + offset).let { it != null && it in 'a'..'z' }
    return when {
        !isUpper(1) -> 0
        isLower(0) -> 2
        isUpper(0) && isLower(2) && isLower(3) -> 4
        else -> 0
    }
}

private fun withoutMarks(label: String): String = buildString(label.length) {
    var isApart = false
    for (character in label) {
        if (character in MARKS || character.isSpace()) {
            isApart = true
        } else {
            if (isApart && isNotEmpty()) append(' ')
            isApart = false
            append(character)
        }
    }
}
