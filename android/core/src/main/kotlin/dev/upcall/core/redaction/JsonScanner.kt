package dev.upcall.core.redaction

import dev.upcall.core.InputError

/**
 * Reads one JSON value from left to right, refuses what RFC 8259 does, and tells what it meets.
 *
 * Numbers are not converted: no length is too long for one.
 *
 * @param text that should be JSON.
 */
internal abstract class JsonScanner(private val text: String) {
    private var position = 0
    private val open = StringBuilder()
    private var isFirst = false

    /** An object or a list begins. */
    protected open fun opened(isObject: Boolean) = Unit

    /** The innermost object or list ends. */
    protected open fun closed() = Unit

    /** A string stands between [start] and [end], its quotes left out. */
    protected open fun string(start: Int, end: Int, isKey: Boolean) = Unit

    /** A number stands between [start] and [end]. */
    protected open fun number(start: Int, end: Int) = Unit

    /** What is thrown where the text is no JSON: [problem] goes on behind the subject. */
    protected abstract fun refusal(problem: String): InputError

    /**
     * Reads the whole text.
     *
     * @throws InputError it is not one JSON value, or nested more than DEEPEST deep.
     */
    fun scan() {
        value()
        while (open.isNotEmpty()) goOn()
        skipSpace()
        if (position < text.length) refuse()
    }

    /** Goes on in what is open: to its end, or over one item, or to what that item opens. */
    private fun goOn() {
        val isObject = open.last() == '{'
        skipSpace()
        if (isNext(if (isObject) '}' else ']')) {
            position++
            open.setLength(open.length - 1)
            isFirst = false
            return closed()
        }
        if (!isFirst) expect(',')
        isFirst = false
        if (isObject) {
            skipSpace()
            string(isKey = true)
            skipSpace()
            expect(':')
        }
        value()
    }

    private fun value() {
        skipSpace()
        when (text.getOrNull(position)) {
            '{', '[' -> open()
            '"' -> string(isKey = false)
            else -> if (!number() && WORDS.none(::skip)) refuseValue()
        }
    }

    private fun open() {
        if (open.length == DEEPEST) throw refusal("nested too deeply.")
        val bracket = text[position++]
        open.append(bracket)
        isFirst = true
        opened(isObject = bracket == '{')
    }

    private fun string(isKey: Boolean) {
        val quote = position
        expect('"')
        while (!isNext('"')) {
            val character = text.getOrNull(position) ?: refuse(quote)
            if (character < ' ') refuse()
            position += if (character == '\\') escapeLength() else 1
        }
        string(quote + 1, position, isKey)
        position++
    }

    private fun escapeLength(): Int {
        val letter = text.getOrNull(position + 1) ?: refuse()
        val digits = if (letter == 'u') 4 else 0
        val isWhole =
            letter in "\"\\/bfnrtu" &&
                (0 until digits).all {
                    text.getOrNull(position + 2 + it).let { digit -> digit != null && digit in HEXADECIMAL_DIGITS }
                }
        return if (isWhole) 2 + digits else refuse(if (letter == 'u') position + 1 else position)
    }

    private fun number(): Boolean {
        val start = position
        val first = start + if (isNext('-')) 1 else 0
        if (text.getOrNull(first) !in DIGITS) return false
        position = if (text[first] == '0') first + 1 else behindDigits(first)
        if (isNext('.')) position = behindDigits(position + 1).takeIf { it > position + 1 } ?: position
        if (isNext('e') || isNext('E')) {
            val exponent = position + if (text.getOrNull(position + 1).let { it == '+' || it == '-' }) 2 else 1
            position = behindDigits(exponent).takeIf { it > exponent } ?: position
        }
        number(start, position)
        return true
    }

    private fun behindDigits(start: Int): Int {
        var end = start
        while (text.getOrNull(end) in DIGITS) end++
        return end
    }

    private fun isNext(character: Char) = position < text.length && text[position] == character

    private fun skip(word: String): Boolean = text.startsWith(word, position).also { if (it) position += word.length }

    private fun skipSpace() {
        while (position < text.length && text[position] in " \t\n\r") position++
    }

    private fun expect(character: Char) {
        if (!isNext(character)) refuse()
        position++
    }

    private fun refuseValue(): Nothing {
        if (NO_NUMBERS.any { text.startsWith(it, position) }) {
            throw refusal("not JSON: NaN and Infinity are no JSON numbers.")
        }
        refuse()
    }

    private fun refuse(place: Int = position): Nothing {
        val line = text.substring(0, place).count { it == '\n' } + 1
        val column = text.codePointCount(text.lastIndexOf('\n', place - 1) + 1, place) + 1
        throw refusal("not JSON at line $line, column $column.")
    }

    private companion object {
        val WORDS = listOf("true", "false", "null")
        val NO_NUMBERS = listOf("NaN", "Infinity", "-Infinity")
        val DEEPEST = limits("json").getValue("deepest")
        const val HEXADECIMAL_DIGITS = "0123456789abcdefABCDEF"
        val DIGITS = '0'..'9'
    }
}
