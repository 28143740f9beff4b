package dev.upcall.core.redaction.patterns

import dev.upcall.core.redaction.patterns.Expression.Border
import java.util.BitSet

/**
 * A machine of one state at a time for a [Program], made as texts need it. May be shared between threads.
 *
 * @param program to be run; a match may begin anywhere.
 */
internal class LazyAutomaton(private val program: Program) {
    /**
     * What has been read so far.
     *
     * @param going steps of matches that have begun, in order.
     * @param before what was read last, as far as it matters.
     * @property matched numbers of the patterns that matched before what was read last.
     */
    class State(val going: IntArray, val before: Before, val matched: IntArray, kinds: Int) {
        /** The states that follow, by what is read; null where nobody has needed it yet. */
        val next: Array<State?> = arrayOfNulls(kinds)

        /** Whether no match has begun. */
        val isIdle: Boolean = going.isEmpty()

        override fun hashCode(): Int = (going.contentHashCode() * 31 + before.ordinal) * 31 + matched.contentHashCode()

        override fun equals(other: Any?): Boolean = other is State && before == other.before &&
            going.contentEquals(other.going) && matched.contentEquals(other.matched)
    }

    /** What stands before a place. */
    enum class Before { TEXT_START, LINE_END, OTHER }

    private val alphabet = program.alphabet

    /** Whether it matches just what the patterns do; else it also matches longer repetitions than they allow. */
    val isExact: Boolean = program.isExact

    /** Stands for the end of the text where a kind of character is asked for. */
    val end: Int = alphabet.size

    private var states = HashMap<State, State>()

    /** The state before the first character of a text. */
    @Volatile
    var start: State = initial()
        private set

    private fun initial() =
        State(intArrayOf(), if (program.looksBehind) Before.TEXT_START else Before.OTHER, intArrayOf(), end + 1)

    /** The kind of a code point. */
    fun kind(point: Int): Int = alphabet.kind(point)

    /** Makes the state that follows when a kind of character, or [end], is read. */
    @Synchronized
    fun following(state: State, kind: Int): State {
        state.next[kind]?.let { return it }
        if (states.size >= MOST_STATES) {
            states = HashMap()
            start = initial()
        }
        val closure = Closure(state.before, kind)
        state.going.forEach(closure::add)
        program.starts.forEach(closure::add)
        val before = if (kind == alphabet.newLine && program.looksBehind) Before.LINE_END else Before.OTHER
        val made = State(closure.going(), before, closure.matched(), end + 1)
        return states.getOrPut(made) { made }.also { state.next[kind] = it }
    }

    /** All steps that can be reached without reading, and what they lead to. */
    private inner class Closure(private val before: Before, private val kind: Int) {
        private val seen = BitSet(program.steps.size)
        private val open = ArrayDeque<Int>()
        private val following = BitSet()
        private val numbers = BitSet()

        fun going(): IntArray = following.stream().toArray()

        fun matched(): IntArray = numbers.stream().toArray()

        fun add(first: Int) {
            open.add(first)
            while (open.isNotEmpty()) {
                val index = open.removeAt(open.lastIndex)
                if (seen[index]) continue
                seen.set(index)
                when (val step = program.steps[index]) {
                    is Step.Read -> if (kind != end && alphabet.isIn(step.set, kind)) following.set(step.next)
                    is Step.Fork -> step.nexts.forEach(open::add)
                    is Step.At -> if (isAt(step.border)) open.add(step.next)
                    is Step.Match -> numbers.set(step.number)
                }
            }
        }

        private fun isAt(border: Border): Boolean = when (border) {
            Border.TEXT_START -> before == Before.TEXT_START
            Border.LINE_START -> before != Before.OTHER
            Border.TEXT_END -> kind == end
            Border.LINE_END -> kind == end || kind == alphabet.newLine
        }
    }

    private companion object {
        const val MOST_STATES = 4_000
    }
}
