package dev.upcall.core.redaction

import dev.upcall.core.InputError
import dev.upcall.core.redaction.patterns.SearchPattern

private val LIMITS = limits("terms")

/** How many terms a list may have. */
internal val MAX_TERMS: Int = LIMITS.getValue("most_terms")

/** How many code points a term may have. */
internal val MAX_TERM_CHARACTERS: Int = LIMITS.getValue("longest_term")

// Characters of a term that is looked for inside names of programs: shorter ones mean anything there.
private const val SHORTEST_IN_NAMES = 3

/**
 * The user's own words, found in any case, at the borders of words, whatever punctuation stands around them.
 *
 * A blank in a term stands for any run of blanks, for a line end with marks of quotation or comment, for a hyphen, an
 * underscore and the like, and for the hump of an identifier: `Project Heron` is also `project_heron` and
 * `ProjectHeron`.
 *
 * @param terms as the user wrote them.
 * @param characters for disguises and word borders.
 * @param gap matches what may stand for a blank.
 * @param purpose name of the list, for errors.
 * @throws InputError there are more than [MAX_TERMS] terms, one is longer than [MAX_TERM_CHARACTERS], without a visible
 * character, or with a lone surrogate.
 */
internal class Terms(
    terms: Iterable<String>,
    private val characters: CharacterTable,
    private val gap: SearchPattern,
    private val purpose: String,
) {
    private val folded: Set<String>
    private val automaton: Automaton?
    private val spacedTerms: Set<String>
    private val spacedAutomaton: Automaton?

    init {
        val given = terms.toList()
        if (given.size > MAX_TERMS) {
            val allowed = "at most ${grouped(MAX_TERMS)}"
            throw InputError("The $purpose list has ${grouped(given.size)} terms.", allowed)
        }
        folded = given.withIndex().mapTo(linkedSetOf()) { (index, term) -> checked(term, index + 1) }
        automaton = if (folded.isEmpty()) null else Automaton(folded)
        spacedTerms = folded.map { spaced(it, Folded(it)).text }.filterTo(linkedSetOf()) { ' ' in it }
        spacedAutomaton = if (spacedTerms.isEmpty()) null else Automaton(spacedTerms)
    }

    private fun checked(term: String, number: Int): String {
        if (term.points > MAX_TERM_CHARACTERS) {
            throw InputError(
                "Term $number of the $purpose list has ${grouped(term.points)} characters.",
                "at most $MAX_TERM_CHARACTERS",
            )
        }
        val folded = Unicode.stripped(fold(term).text)
        if (folded.isEmpty() || BLANK in folded || withoutSurrogates(term) != term) {
            throw InputError(
                "Term $number of the $purpose list is empty or not text.",
                "at least one visible character",
                "remove it",
            )
        }
        return folded
    }

    /** Whether a text is one of the terms, as a whole. */
    operator fun contains(value: String): Boolean {
        if (folded.isEmpty()) return false
        val given = fold(value)
        return Unicode.stripped(given.text) in folded || Unicode.stripped(spaced(value, given).text) in spacedTerms
    }

    /** Whether one term stands in both lists. */
    fun sharesWith(other: Terms): Boolean =
        folded.any { it in other.folded } || spacedTerms.any { it in other.spacedTerms }

    /** Where terms stand in a text; at each end the longest one that is a whole word. */
    fun spans(text: String): Collection<Place> {
        if (automaton == null) return emptySet()
        val given = fold(text)
        val found = linkedSetOf<Place>()
        addFound(automaton, text, given, found)
        if (spacedAutomaton != null) {
            addFound(spacedAutomaton, text, spaced(text, given), found)
            addFound(spacedAutomaton, text, spaced(text, given, hasHumps = true), found)
        }
        return found
    }

    private fun addFound(automaton: Automaton, text: String, searched: Folded, found: MutableSet<Place>) {
        for ((end, lengths) in automaton.occurrences(searched.text)) {
            for (length in lengths) {
                val place = searched.original(end - length, end)
                val inNames = searched.text.codePointCount(end - length, end) >= SHORTEST_IN_NAMES
                if (isBorder(text, place.start, inNames) && isBorder(text, place.end, inNames)) {
                    found.add(place)
                    break
                }
            }
        }
    }

    /** Whether a word can begin or end there, in names of programs also beside an underscore and at a hump. */
    private fun isBorder(text: String, place: Int, inNames: Boolean): Boolean {
        if (place == 0 || place == text.length) return true
        val before = text.codePointBefore(place)
        val after = text.codePointAt(place)
        if (inNames && (before == '_'.code || after == '_'.code || isHump(before, after))) return true
        return isWhole(text, place, text.length, characters.unspaced)
    }

    private fun isHump(before: Int, after: Int) = before in Unicode.lowercase && after in Unicode.upper

    /** The folded text with one blank for each gap between words, and one at each hump where those count. */
    private fun spaced(text: String, given: Folded, hasHumps: Boolean = false): Folded {
        val spaced = Folding(given.text.length)
        var position = 0

        fun keep(until: Int) {
            while (position < until) {
                val start = given.start(position)
                val isNew = hasHumps && position > 0 && start != given.start(position - 1)
                if (isNew && isHump(text.codePointBefore(start), text.codePointAt(start))) {
                    spaced.add(" ", start, given.end(position))
                }
                spaced.add(given.text.substring(position, position + 1), start, given.end(position))
                position++
            }
        }

        for (gap in gap.places(given.text)) {
            keep(gap.start)
            spaced.add(" ", given.start(position), given.end(position))
            position = gap.end
        }
        keep(given.text.length)
        return spaced.folded()
    }

    private fun fold(text: String): Folded {
        if (text.isAscii()) return Folded(Unicode.lower(text))
        val folding = Folding(text.length)
        text.forEachPoint { index, point ->
            val end = index + Character.charCount(point)
            val plain = characters.replacements[point] ?: text.substring(index, end)
            val kept = if (plain.isEmpty() && point in Unicode.combining) text.substring(index, end) else plain
            // Decomposed, so that a letter with its mark is equal however it was typed.
            folding.add(Unicode.decomposed(Unicode.fold(kept)), index, end)
        }
        return folding.folded()
    }
}

/** A text made of another, with the place there of each of its code units; without places, each stands for itself. */
private class Folded(val text: String, private val starts: IntArray? = null, private val ends: IntArray? = null) {
    fun start(index: Int): Int = starts?.get(index) ?: index

    fun end(index: Int): Int = ends?.get(index) ?: (index + 1)

    fun original(start: Int, end: Int) = Place(start(start), end(end - 1))
}

/** Builds a [Folded]. */
private class Folding(size: Int) {
    private val text = StringBuilder(size)
    private var starts = IntArray(size)
    private var ends = IntArray(size)

    fun add(piece: String, start: Int, end: Int) {
        val length = text.length + piece.length
        if (length > starts.size) {
            starts = starts.copyOf(2 * length)
            ends = ends.copyOf(2 * length)
        }
        starts.fill(start, text.length, length)
        ends.fill(end, text.length, length)
        text.append(piece)
    }

    fun folded() = Folded(text.toString(), starts, ends)
}

private fun grouped(number: Int): String = number.toString().reversed().chunked(3).joinToString(",").reversed()
