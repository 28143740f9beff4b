package dev.upcall.core.redaction.patterns

import dev.upcall.core.redaction.HEXADECIMAL
import dev.upcall.core.redaction.isAsciiAlphanumeric
import dev.upcall.core.redaction.patterns.Expression.Border
import dev.upcall.core.redaction.patterns.Expression.Characters
import dev.upcall.core.redaction.patterns.Expression.Choice
import dev.upcall.core.redaction.patterns.Expression.Repeated
import dev.upcall.core.redaction.patterns.Expression.Row

/** A pattern uses a part of the syntax that the rules do not need, so that only the library can read it. */
internal class UnreadPatternException : Exception()

/**
 * Reads the syntax of RE2, as far as the rules use it.
 *
 * Not read: Unicode classes, word borders, case folding beyond ASCII.
 *
 * @param source of a pattern that RE2 accepts.
 */
internal class ExpressionReader(private val source: String) {
    private var index = 0
    private var foldsCase = false
    private var hasLines = false
    private var dotIsAll = false

    /**
     * The whole pattern.
     *
     * @throws UnreadPatternException it uses something else.
     */
    fun read(): Expression = choice().also { if (index < source.length) throw UnreadPatternException() }

    private fun choice(): Expression {
        val options = mutableListOf(row())
        while (take('|')) options.add(row())
        return options.singleOrNull() ?: Choice(options)
    }

    private fun row(): Expression = Row(
        buildList {
            while (index < source.length && source[index] != '|' && source[index] != ')') add(repeated(atom()))
        },
    )

    private fun repeated(atom: Expression): Expression {
        var part = atom
        while (true) {
            val (min, max) = quantity() ?: return part
            take('?') // how eager it is does not matter
            part = Repeated(part, min, max)
        }
    }

    private fun quantity(): Pair<Int, Int?>? = when {
        take('*') -> 0 to null
        take('+') -> 1 to null
        take('?') -> 0 to 1
        else -> counted()
    }

    private fun counted(): Pair<Int, Int?>? {
        if (source.getOrNull(index) != '{') return null
        val end = source.indexOf('}', index)
        val (low, high) =
            source.substring(index + 1, maxOf(index + 1, end)).let {
                it.substringBefore(',') to it.substringAfter(',', it)
            }
        val min = low.toIntOrNull() ?: return null // a brace that stands for itself
        val max = if (high.isEmpty()) null else high.toIntOrNull() ?: return null
        index = end + 1
        return min to max
    }

    private fun atom(): Expression = when (val character = source[index]) {
        '(' -> group()
        '[' -> characterClass()
        '^' -> taken(if (hasLines) Border.LINE_START else Border.TEXT_START)
        '$' -> taken(if (hasLines) Border.LINE_END else Border.TEXT_END)
        '.' -> taken(Characters(allBut(if (dotIsAll) emptyList() else single('\n'.code))))
        '\\' -> characters(escape())
        else -> {
            val point = source.codePointAt(index)
            index += Character.charCount(point)
            if (character in "*+?") throw UnreadPatternException()
            characters(single(point))
        }
    }

    private fun group(): Expression {
        index++
        val outer = Triple(foldsCase, hasLines, dotIsAll)
        if (source.startsWith("?P<", index)) {
            index = source.indexOf('>', index) + 1
        } else if (take('?') && flags()) {
            return Row(emptyList())
        }
        val inner = choice()
        if (!take(')')) throw UnreadPatternException()
        foldsCase = outer.first
        hasLines = outer.second
        dotIsAll = outer.third
        return inner
    }

    /** Takes flags; true where they are all that is in the brackets, and hold from here on. */
    private fun flags(): Boolean {
        var isOn = true
        while (true) {
            when (source[index++]) {
                'i' -> foldsCase = isOn
                'm' -> hasLines = isOn
                's' -> dotIsAll = isOn
                '-' -> isOn = false
                ':' -> return false
                ')' -> return true
                else -> throw UnreadPatternException()
            }
        }
    }

    private fun characterClass(): Expression {
        index++
        val isNegated = take('^')
        val ranges = mutableListOf<IntRange>()
        val first = index
        while (source[index] != ']' || index == first) {
            val low = item()
            if (source[index] == '-' && source[index + 1] != ']' && low.size == 1 && low[0].first == low[0].last) {
                index++
                ranges.add(low[0].first..item().single().last)
            } else {
                ranges.addAll(low)
            }
        }
        index++
        val folded = folded(ranges)
        return Characters(if (isNegated) allBut(folded) else folded)
    }

    private fun item(): List<IntRange> = when {
        source.startsWith("[:", index) -> throw UnreadPatternException()
        source[index] == '\\' -> escape()
        else -> single(source.codePointAt(index)).also { index += Character.charCount(it[0].first) }
    }

    /** What an escape stands for. */
    private fun escape(): List<IntRange> {
        val character = source[index + 1]
        index += 2
        return when (character) {
            'x' -> single(hexadecimal())
            's' -> SPACE
            'S' -> allBut(SPACE)
            else ->
                when {
                    character in CONTROLS -> single(CONTROLS.getValue(character).code)
                    character.isAsciiAlphanumeric() -> throw UnreadPatternException()
                    else -> single(character.code)
                }
        }
    }

    private fun hexadecimal(): Int {
        val isLong = take('{')
        val end = if (isLong) source.indexOf('}', index) else index + 2
        return source.substring(index, end).toInt(HEXADECIMAL).also { index = if (isLong) end + 1 else end }
    }

    private fun characters(ranges: List<IntRange>) = Characters(folded(ranges))

    private fun folded(ranges: List<IntRange>): List<IntRange> {
        if (!foldsCase) return inOrder(ranges)
        if (ranges.any { it.last > LAST_ASCII }) throw UnreadPatternException()
        return inOrder(inBothCases(ranges))
    }

    private fun taken(expression: Expression): Expression = expression.also { index++ }

    private fun take(character: Char): Boolean = (source.getOrNull(index) == character).also { if (it) index++ }

    private companion object {
        const val LAST_ASCII = 0x7F
        val SPACE = inOrder(listOf('\t'.code..'\n'.code, '\u000C'.code..'\r'.code, ' '.code..' '.code))
        val CONTROLS =
            mapOf(
                't' to '\t',
                'n' to '\n',
                'r' to '\r',
                'f' to '\u000C',
                'v' to '\u000B',
                'a' to '\u0007',
            )

        fun single(point: Int): List<IntRange> = listOf(point..point)
    }
}
