package dev.upcall.core.redaction.names

import dev.upcall.core.redaction.Unicode

/**
 * A text as a WordPiece tokenizer reads it: small letters without accents, white space as spaces, no controls.
 *
 * @param original any text.
 */
internal class WordPieceText(original: String) {
    private val plain = StringBuilder(original.length + ROOM)
    private var starts = IntArray(original.length + ROOM)
    private var ends = IntArray(original.length + ROOM)

    init {
        var index = 0
        while (index < original.length) {
            val point = original.codePointAt(index)
            val end = index + Character.charCount(point)
            if (point in ' '.code..'~'.code) add(lower(point.toChar()), index, end) else read(point, index, end)
            index = end
        }
    }

    val length: Int get() = plain.length

    fun codePointAt(index: Int): Int = plain.codePointAt(index)

    fun substring(start: Int, end: Int): String = plain.substring(start, end)

    fun codePointCount(start: Int, end: Int): Int = plain.codePointCount(start, end)

    /** Where the character of which a place came begins in the original. */
    fun start(index: Int): Int = starts[index]

    /** Where it ends, exclusive. */
    fun end(index: Int): Int = ends[index]

    private fun lower(character: Char) = if (character in 'A'..'Z') character + ('a' - 'A') else character

    private fun read(point: Int, start: Int, end: Int) {
        if (WordPieceCharacters.isControl(point)) return
        if (point in Unicode.space) return add(' ', start, end)
        val isIdeograph = WordPieceCharacters.isIdeograph(point)
        if (isIdeograph) add(' ', start, end)
        val parts = Unicode.decomposed(String(Character.toChars(point)))
        parts.skip(0) { part ->
            if (!WordPieceCharacters.isAccent(part)) {
                for (unit in Unicode.lower(String(Character.toChars(part)))) add(unit, start, end)
            }
            true
        }
        if (isIdeograph) add(' ', start, end)
    }

    private fun add(unit: Char, start: Int, end: Int) {
        if (plain.length == starts.size) {
            starts = starts.copyOf(2 * starts.size)
            ends = ends.copyOf(2 * ends.size)
        }
        starts[plain.length] = start
        ends[plain.length] = end
        plain.append(unit)
    }

    private companion object {
        const val ROOM = 16
    }
}
