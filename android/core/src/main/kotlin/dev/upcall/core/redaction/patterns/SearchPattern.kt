package dev.upcall.core.redaction.patterns

import com.google.re2j.Matcher
import com.google.re2j.Pattern
import dev.upcall.core.redaction.Place
import dev.upcall.core.redaction.after
import dev.upcall.core.redaction.before

/**
 * A pattern of the rules, looked for in whole texts. May be shared between threads.
 *
 * The library is slow, as it follows all ways of matching at once. So it is asked only about the pieces of a text in
 * which a [LazyAutomaton] has seen a match: what it answers there is what it would answer about the whole text.
 *
 * @property source in the syntax of RE2; it matches no empty text.
 * @throws com.google.re2j.PatternSyntaxException it does not follow that syntax.
 * @throws IllegalArgumentException it matches the empty text.
 */
internal class SearchPattern(val source: String) {
    private val pattern = Pattern.compile(source)

    init {
        require(!pattern.matches("")) { "matches the empty text" }
    }

    /** Null where only the library can read the pattern. Most patterns are never looked for. */
    private val automaton by lazy {
        try {
            LazyAutomaton(Program(listOf(ExpressionReader(source).read())))
        } catch (_: UnreadPatternException) {
            null
        }
    }

    /** Each match, leftmost first, none overlapping. */
    fun places(text: String): List<Place> = found(text) { match, shift ->
        Place(match.start() + shift, match.end() + shift)
    }

    /** Of each match, the first group that took part; the whole match where none did. */
    fun values(text: String): List<Place> = found(text) { match, shift ->
        val group = (1..match.groupCount()).firstOrNull { match.start(it) >= 0 } ?: 0
        Place(match.start(group) + shift, match.end(group) + shift)
    }

    /** Whether the pattern matches somewhere in a text. */
    fun isIn(text: String): Boolean {
        inPieces(text) { piece ->
            if (automaton?.isExact == true) return true
            find(text, piece) { _, _ -> return true }
        }
        return false
    }

    private inline fun found(text: String, place: (Matcher, Int) -> Place): List<Place> {
        var found: MutableList<Place>? = null
        inPieces(text) { piece ->
            find(text, piece) { match, shift ->
                val list = found ?: mutableListOf<Place>().also { found = it }
                list.add(place(match, shift))
            }
        }
        return found ?: emptyList()
    }

    /** Each match that begins in a piece; one character on both sides stands in for the rest of the text. */
    private inline fun find(text: String, piece: Place, action: (Matcher, Int) -> Unit) {
        val from = text.before(piece.start, 1)
        val match = pattern.matcher(text.substring(from, text.after(piece.end, 1)))
        var isFound = match.find(piece.start - from)
        while (isFound && match.start() < piece.end - from) {
            action(match, from)
            isFound = match.find()
        }
    }

    /** Pieces that together hold all matches, each whole, and of which each may hold one. */
    private inline fun inPieces(text: String, action: (Place) -> Unit) {
        val automaton = automaton ?: return action(Place(0, text.length))
        var state = automaton.start
        var idleSince = 0
        var isMatched = false
        var made = 0
        var index = 0
        while (index <= text.length) {
            val isEnd = index == text.length
            val point = if (isEnd) 0 else text.codePointAt(index)
            val kind = if (isEnd) automaton.end else automaton.kind(point)
            var next = state.next[kind]
            if (next == null) {
                // More states than characters: the automaton would be slower than the library.
                if (++made > FEWEST_MADE + text.length / CHARACTERS_FOR_STATE) {
                    return action(Place(idleSince, text.length))
                }
                next = automaton.following(state, kind)
            }
            state = next
            isMatched = isMatched || next.matched.isNotEmpty()
            index += if (isEnd) 1 else Character.charCount(point)
            if (next.isIdle || isEnd) {
                val place = minOf(index, text.length)
                if (isMatched) action(Place(idleSince, place))
                isMatched = false
                idleSince = place
            }
        }
    }

    private companion object {
        const val FEWEST_MADE = 2_000
        const val CHARACTERS_FOR_STATE = 20
    }
}
