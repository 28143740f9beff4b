package dev.upcall.core.redaction

import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

/**
 * What each character stands for; read from proto/rules/characters.json.
 *
 * @property replacements character to its plain form, empty for one that is left out.
 * @property confusable letter of another script to the Latin letter that looks like it.
 * @property unspaced scripts that put no spaces between words.
 * @property unassigned what the pinned version of Unicode does not know.
 */
internal class CharacterTable(
    val replacements: Map<Int, String>,
    val confusable: Map<Int, String>,
    val unspaced: CodePointSet,
    val unassigned: CodePointSet,
) {
    private val plain = replacements + confusable

    /**
     * The text as every language reads it, of the same length.
     *
     * U+FFFD stands for a lone surrogate, and for a character that is newer than the pinned version of Unicode: a newer
     * platform would see a letter or a digit in it. Beyond the basic plane that is a character of private use, which is
     * as long as what it stands for and as little a letter.
     */
    fun readable(text: String): String = replaced(text) { point ->
        when {
            point in unassigned -> if (point > 0xFFFF) UNKNOWN_ASTRAL else UNKNOWN
            point in SURROGATES -> UNKNOWN
            else -> null
        }
    }

    /** The shadow copy of a text, or null where it would be the same. */
    fun shadow(text: String): Shadow? {
        val edits = mutableListOf<Edit>()
        text.forEachBeyondAscii { index, point ->
            plain[point]?.let { edits.add(Edit(index, index + Character.charCount(point), it)) }
        }
        return rewritten(text, edits)
    }

    companion object {
        private const val FULL_WIDTH_OFFSET = 0xFEE0 // from U+FF01 back to U+0021
        private val CLASSES = mapOf("drop" to "", "space" to " ", "hyphen" to "-", "period" to ".", "at" to "@")

        /**
         * Builds the table from the parsed proto/rules/characters.json.
         *
         * @throws RuntimeException the file does not follow its schema.
         */
        fun of(data: JsonObject, unassigned: CodePointSet): CharacterTable {
            val replacements =
                buildMap {
                    for (point in codePointRanges(listOf(data.text("full_width"))).single()) {
                        put(point, (point - FULL_WIDTH_OFFSET).toChar().toString())
                    }
                    for ((name, plain) in CLASSES) {
                        codePointRanges(data.texts(name)).flatten().forEach { put(it, plain) }
                    }
                    for (zero in codePointRanges(data.texts("digit_zeros")).flatten()) {
                        for (digit in 0..9) put(zero + digit, digit.toString())
                    }
                    putAll(runs(data, "compatible"))
                }
            val unspaced = CodePointSet(codePointRanges(data.texts("unspaced")))
            return CharacterTable(replacements, runs(data, "confusable"), unspaced, unassigned)
        }

        private fun runs(data: JsonObject, name: String): Map<Int, String> = buildMap {
            for ((first, plain) in data.getValue(name).jsonObject) {
                plain.jsonPrimitive.content.forEachIndexed { offset, character ->
                    put(first.toInt(HEXADECIMAL) + offset, character.toString())
                }
            }
        }
    }
}

private const val UNKNOWN = "\uFFFD"
private const val UNKNOWN_ASTRAL = "\uDB80\uDC00" // U+F0000
private val SURROGATES = 0xD800..0xDFFF

/** The text with every lone surrogate as U+FFFD, of the same length: other languages search UTF-8, which has none. */
internal fun withoutSurrogates(text: String): String = replaced(text) { if (it in SURROGATES) UNKNOWN else null }

private inline fun replaced(text: String, by: (Int) -> String?): String {
    var changed: StringBuilder? = null
    text.forEachBeyondAscii { index, point ->
        by(point)?.let {
            val copy = changed ?: StringBuilder(text).also { builder -> changed = builder }
            copy.replace(index, index + it.length, it)
        }
    }
    return changed?.toString() ?: text
}

/** Each code point from U+0080 on with its place; a lone surrogate is one, too. */
private inline fun String.forEachBeyondAscii(action: (Int, Int) -> Unit) {
    var index = 0
    while (index < length) {
        if (this[index].code < 0x80) {
            index++
            continue
        }
        val point = codePointAt(index)
        action(index, point)
        index += Character.charCount(point)
    }
}

/** Whether [start, end) of a text is no part of a longer word on either side. */
internal fun isWhole(text: String, start: Int, end: Int, unspaced: CodePointSet): Boolean {
    fun isJoined(border: Int) = border > 0 && border < text.length &&
        isLetter(text.codePointBefore(border), unspaced) && isLetter(text.codePointAt(border), unspaced)
    return !isJoined(start) && !isJoined(end)
}

/**
 * Whether a character next to a finding makes it part of a longer word.
 *
 * True for letters, digits, marks and the underscore, except in scripts without spaces, where any neighbour is
 * possible.
 */
internal fun isLetter(point: Int, unspaced: CodePointSet): Boolean = when {
    point == '_'.code -> true
    point < 0x80 -> point in Unicode.alphanumeric
    else -> (point in Unicode.alphanumeric || point in Unicode.mark) && point !in unspaced
}
