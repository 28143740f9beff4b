package dev.upcall.core.redaction

import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.text.Normalizer

/**
 * The classes and cases of characters of one version of Unicode, whatever the platform knows. Data: unicode.json.
 *
 * Whoever asks first may meet a [dev.upcall.core.RedactionError], for a file that is missing or damaged.
 */
internal object Unicode {
    private val data by lazy { readingRules(SUBJECT) { RuleFiles.read("unicode.json") } }

    /** Characters that this version does not know. */
    val unassigned: CodePointSet by lazy { set("unassigned") }
    val alphabetic: CodePointSet by lazy { set("alphabetic") }
    val decimal: CodePointSet by lazy { set("decimal") }

    /** Decimal digits and others such as superscripts. */
    val digit: CodePointSet by lazy { set("digit") }

    /** Letters, digits and other numbers. */
    val alphanumeric: CodePointSet by lazy { set("alphanumeric") }
    val space: CodePointSet by lazy { set("space") }
    val upper: CodePointSet by lazy { set("upper") }
    val lowercase: CodePointSet by lazy { set("lowercase") }
    val mark: CodePointSet by lazy { set("mark") }

    /** Characters whose canonical combining class is not 0. */
    val combining: CodePointSet by lazy { set("combining") }

    /** Characters that count for nothing where a word is looked for around a sigma. */
    private val ignorable by lazy { set("ignorable") }

    /** Letters that are capital and small at once, such as U+01C5. */
    private val title by lazy { CodePointSet(lower.keys.filter { it !in upper }.sorted().map { it..it }) }
    private val decomposed by lazy { readingRules(SUBJECT) { sequences(data.getValue("decomposed").jsonObject) } }
    private val lower by lazy { mapping("lower") }
    private val fold by lazy { mapping("lower") + mapping("fold") }

    /** The text in lower case; a character may become several. */
    fun lower(text: String): String = mapped(text) { index, point ->
        if (point == SIGMA && isFinal(text, index)) FINAL_SIGMA else lower[point]
    }

    /** The text in the form in which case does not matter; a character may become several. */
    fun fold(text: String): String = mapped(text) { _, point -> fold[point] }

    /** Whether a text has small letters, and none of another case. */
    fun isLower(text: String): Boolean = lowercase.any(text) && !upper.any(text) && !title.any(text)

    /** Whether a text has capital letters, and none of another case. */
    fun isUpper(text: String): Boolean = upper.any(text) && !lowercase.any(text) && !title.any(text)

    /** The text with marks apart from their letters (NFD). */
    fun decomposed(text: String): String {
        if (text.isAscii()) return text
        // Decompositions never change, so the platform has all those that are not newer than it.
        val newer =
            buildString(text.length) {
                text.forEachPoint { _, point -> decomposed[point]?.let(::append) ?: appendCodePoint(point) }
            }
        return Normalizer.normalize(newer, Normalizer.Form.NFD)
    }

    /** The words of a text, which any white space parts. */
    fun words(text: String): List<String> = text.split { it in space }

    /** The text without white space at both ends. */
    fun stripped(text: String): String = text.trim { it in space }

    private inline fun mapped(text: String, to: (Int, Int) -> String?): String {
        if (text.all { it.code < 0x80 && it !in 'A'..'Z' }) return text
        return buildString(text.length) {
            var index = 0
            while (index < text.length) {
                val point = text.codePointAt(index)
                if (point < 0x80) {
                    append(if (point in 'A'.code..'Z'.code) (point + CASE).toChar() else point.toChar())
                } else {
                    to(index, point)?.let(::append) ?: appendCodePoint(point)
                }
                index += Character.charCount(point)
            }
        }
    }

    /** Whether a capital sigma stands after a letter and before none; marks between do not count. */
    private fun isFinal(text: String, index: Int): Boolean {
        var before = index
        var point = -1
        while (before > 0) {
            point = text.codePointBefore(before)
            before -= Character.charCount(point)
            if (point !in ignorable) break
        }
        if (point < 0 || point in ignorable || !isCased(point)) return false
        var after = index + 1
        while (after < text.length) {
            point = text.codePointAt(after)
            if (point !in ignorable) return !isCased(point)
            after += Character.charCount(point)
        }
        return true
    }

    private fun isCased(point: Int): Boolean = point in upper || point in lowercase || point in title

    private fun set(name: String): CodePointSet =
        readingRules(SUBJECT) { CodePointSet(codePointRanges(data.texts(name))) }

    private fun mapping(name: String): Map<Int, String> = readingRules(SUBJECT) {
        val given = data.getValue(name).jsonObject
        val runs = given.getValue("runs").jsonArray.map { run -> run.jsonArray.map { it.jsonPrimitive } }
        buildMap {
            for ((first, last, step, added) in runs) {
                for (point in first.content.toInt(HEXADECIMAL)..last.content.toInt(HEXADECIMAL) step step.int) {
                    put(point, String(Character.toChars(point + added.int)))
                }
            }
            putAll(sequences(given.getValue("special").jsonObject))
        }
    }

    private fun sequences(given: JsonObject): Map<Int, String> = given.entries.associate { (point, to) ->
        val points = to.jsonPrimitive.content.split(' ').map { it.toInt(HEXADECIMAL) }
        point.toInt(HEXADECIMAL) to points.joinToString("") { String(Character.toChars(it)) }
    }

    private inline fun String.split(isBetween: (Char) -> Boolean): List<String> = buildList {
        var start = -1
        for (index in this@split.indices) {
            if (isBetween(this@split[index])) {
                if (start >= 0) add(substring(start, index))
                start = -1
            } else if (start < 0) {
                start = index
            }
        }
        if (start >= 0) add(substring(start))
    }

    private const val SUBJECT = "The redaction rules"
    private const val CASE = 'a'.code - 'A'.code
    private const val SIGMA = 0x3A3
    private const val FINAL_SIGMA = "\u03C2"
}
