package dev.upcall.core.redaction.patterns

import dev.upcall.core.redaction.patterns.Expression.Border
import dev.upcall.core.redaction.patterns.Expression.Characters
import dev.upcall.core.redaction.patterns.Expression.Choice
import dev.upcall.core.redaction.patterns.Expression.Repeated
import dev.upcall.core.redaction.patterns.Expression.Row

/** One step of a [Program]. */
internal sealed interface Step {
    /** Reads a character of the [set] and goes on at [next]. */
    class Read(val set: Int, val next: Int) : Step

    /** Goes on at each of [nexts] at once. */
    class Fork(var nexts: IntArray) : Step

    /** Goes on at [next] where the text has this border. */
    class At(val border: Border, val next: Int) : Step

    /** The pattern of this number has matched. */
    class Match(val number: Int) : Step
}

/**
 * Patterns as steps of a machine that reads a text once. Source: Thompson 1968.
 *
 * @param expressions numbered in their order.
 * @throws UnreadPatternException they are too large.
 */
internal class Program(expressions: List<Expression>) {
    private val mutableSteps = mutableListOf<Step>()
    private val sets = LinkedHashMap<List<IntRange>, Int>()

    /** Whether it matches just what the patterns do; else it also matches longer repetitions than they allow. */
    var isExact = true
        private set

    /** Where each pattern begins. */
    val starts: IntArray

    init {
        starts = IntArray(expressions.size) { compiled(expressions[it], add(Step.Match(it))) }
    }

    /** All steps; each says at which the machine goes on. */
    val steps: List<Step> = mutableSteps

    /** The kinds of characters that the patterns tell apart. */
    val alphabet = Alphabet(sets.keys.toList(), hasLines = steps.any { it is Step.At && it.border.isOfLine })

    /** Whether it matters what stands before a place. */
    val looksBehind: Boolean =
        steps.any { it is Step.At && (it.border == Border.TEXT_START || it.border == Border.LINE_START) }

    private fun add(step: Step): Int {
        if (mutableSteps.size >= MOST_STEPS) throw UnreadPatternException()
        mutableSteps.add(step)
        return mutableSteps.lastIndex
    }

    /** Where the expression begins that goes on at [next]. */
    private fun compiled(expression: Expression, next: Int): Int = when (expression) {
        is Characters -> add(Step.Read(sets.getOrPut(expression.ranges) { sets.size }, next))
        is Row -> expression.parts.foldRight(next, ::compiled)
        is Choice -> add(Step.Fork(expression.options.map { compiled(it, next) }.toIntArray()))
        is Repeated -> repeated(expression, next)
        is Border -> add(Step.At(expression, next))
    }

    private fun repeated(expression: Repeated, next: Int): Int {
        val min = minOf(expression.min, MOST_COPIES)
        val optional = expression.max?.let { it - expression.min }
        val isShort = optional != null && optional <= MOST_OPTIONAL && min == expression.min
        if (!isShort && (expression.max != null || min < expression.min)) isExact = false
        var start = next
        if (isShort) {
            repeat(optional) { start = add(Step.Fork(intArrayOf(compiled(expression.part, start), next))) }
        } else {
            val fork = Step.Fork(intArrayOf())
            start = add(fork)
            fork.nexts = intArrayOf(compiled(expression.part, start), next)
        }
        repeat(min) { start = compiled(expression.part, start) }
        return start
    }

    private companion object {
        const val MOST_STEPS = 20_000
        const val MOST_COPIES = 32
        const val MOST_OPTIONAL = 12
    }
}

private val Border.isOfLine get() = this == Border.LINE_START || this == Border.LINE_END

/**
 * Kinds of characters, as few as tell the sets apart.
 *
 * @param sets of characters, by their numbers.
 * @param hasLines whether the end of a line is a kind of its own.
 */
internal class Alphabet(sets: List<List<IntRange>>, hasLines: Boolean) {
    private val bounds: IntArray
    private val ascii: IntArray
    private val members: List<BooleanArray>

    init {
        val lines = if (hasLines) listOf(listOf('\n'.code..'\n'.code)) else emptyList()
        bounds =
            (listOf(0) + (sets + lines).flatten().flatMap { listOf(it.first, it.last + 1) })
                .distinct()
                .sorted()
                .toIntArray()
        ascii = IntArray(ASCII) { halved(it) }
        members =
            sets.map { ranges ->
                BooleanArray(bounds.size).also { kinds ->
                    for (range in ranges) kinds.fill(true, halved(range.first), halved(range.last) + 1)
                }
            }
    }

    /** How many kinds there are. */
    val size: Int = bounds.size

    /** The kind of the end of a line. */
    val newLine: Int = kind('\n'.code)

    /** The kind of a code point. */
    fun kind(point: Int): Int = if (point < ASCII) ascii[point] else halved(point)

    /** Whether a set has the characters of a kind. */
    fun isIn(set: Int, kind: Int): Boolean = members[set][kind]

    private fun halved(point: Int): Int = bounds.binarySearch(point).let { if (it < 0) -it - 2 else it }

    private companion object {
        const val ASCII = 0x80
    }
}
