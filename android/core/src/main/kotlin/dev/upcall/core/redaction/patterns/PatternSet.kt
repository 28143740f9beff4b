package dev.upcall.core.redaction.patterns

import dev.upcall.core.redaction.forEachPoint

/**
 * Patterns of which one pass over a text tells those that match in it. May be shared between threads.
 *
 * @param sources in the syntax that [ExpressionReader] reads.
 * @throws UnreadPatternException one is not, or they are too large.
 */
internal class PatternSet(sources: List<String>) {
    private val size = sources.size
    private val automaton = LazyAutomaton(Program(sources.map { ExpressionReader(it).read() }))

    /** For each pattern, whether it matches somewhere in a text. */
    fun matching(text: String): BooleanArray {
        val found = BooleanArray(size)
        var state = automaton.start

        fun read(kind: Int) {
            state = state.next[kind] ?: automaton.following(state, kind)
            for (number in state.matched) found[number] = true
        }
        text.forEachPoint { _, point -> read(automaton.kind(point)) }
        read(automaton.end)
        return found
    }
}
