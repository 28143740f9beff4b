package dev.upcall.core.languagemodel

import dev.upcall.core.redaction.CodePointSet
import dev.upcall.core.redaction.RuleFiles
import dev.upcall.core.redaction.codePointRanges
import dev.upcall.core.redaction.texts

/** What a character is to the pattern that cuts text into words. */
internal object TokenClasses {
    const val OTHER: Int = 0
    const val LETTER: Int = 1
    const val NUMBER: Int = 2
    const val SPACE: Int = 3

    private val letters: CodePointSet
    private val digits: CodePointSet
    private val table = ByteArray(TABLE_SIZE) // of the planes in use but for rare ideographs

    init {
        val data = RuleFiles.read("tokens.json")
        letters = CodePointSet(codePointRanges(data.texts("letter")))
        digits = CodePointSet(codePointRanges(data.texts("digit")))
        for ((name, kind) in listOf("letter" to LETTER, "number" to NUMBER, "space" to SPACE)) {
            for (range in codePointRanges(data.texts(name))) {
                for (point in range.first..minOf(range.last, TABLE_SIZE - 1)) table[point] = kind.toByte()
            }
        }
    }

    /** [LETTER] (`\p{L}`), [NUMBER] (`\p{N}`), [SPACE] (`\s`) or [OTHER], half a surrogate pair among them. */
    fun of(point: Int): Int = when {
        point < TABLE_SIZE -> table[point].toInt()
        point in letters -> LETTER
        else -> OTHER
    }

    /** Whether the pre-tokenizer `Digits` takes it for one. */
    fun isDigit(point: Int): Boolean = point in digits

    private const val TABLE_SIZE = 0x20000
}
