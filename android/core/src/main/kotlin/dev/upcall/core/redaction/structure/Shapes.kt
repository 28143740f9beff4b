package dev.upcall.core.redaction.structure

import dev.upcall.core.redaction.CodePointSet
import dev.upcall.core.redaction.Place
import dev.upcall.core.redaction.RuleFiles
import dev.upcall.core.redaction.Unicode
import dev.upcall.core.redaction.codePointRanges
import dev.upcall.core.redaction.readingRules
import dev.upcall.core.redaction.texts

private val decimals by lazy {
    readingRules("The redaction rules") {
        val zeros = codePointRanges(RuleFiles.read("characters.json").texts("digit_zeros")).flatten()
        CodePointSet(zeros.map { it..it + 9 })
    }
}

/** Whether a code point belongs to words and is neither a decimal digit nor the underscore. */
internal fun isWordLetter(point: Int): Boolean =
    if (point < 0x80) point.toChar().isAsciiLetter() else point in Unicode.alphanumeric && point !in decimals

/** What values of one kind have in common: each ASCII digit as `0`, each letter as `A`, all else as it is. */
internal fun shape(text: String, cell: Place): String = buildString(cell.length) {
    var index = cell.start
    while (index < cell.end) {
        val point = text.codePointAt(index)
        when {
            point < 0x80 && point.toChar().isAsciiDigit() -> append('0')
            isWordLetter(point) -> append('A')
            else -> appendCodePoint(point)
        }
        index += Character.charCount(point)
    }
}
