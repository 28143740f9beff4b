package dev.upcall.core.redaction.patterns

import com.google.re2j.Matcher
import com.google.re2j.Pattern
import dev.upcall.core.redaction.Place

/**
 * A pattern of the rules, looked for in whole texts. May be shared between threads.
 *
 * @property source in the syntax of RE2.
 * @throws com.google.re2j.PatternSyntaxException it does not follow that syntax.
 */
internal class SearchPattern(val source: String) {
    private val pattern = Pattern.compile(source)

    /** Each match, leftmost first, none overlapping. */
    fun places(text: String): List<Place> = found(text) { Place(it.start(), it.end()) }

    /** Of each match, the first group that took part; the whole match where none did. */
    fun values(text: String): List<Place> = found(text) { match ->
        val group = (1..match.groupCount()).firstOrNull { match.start(it) >= 0 } ?: 0
        Place(match.start(group), match.end(group))
    }

    /** Whether the pattern matches somewhere in a text. */
    fun isIn(text: String): Boolean = pattern.matcher(text).find()

    private inline fun found(text: String, place: (Matcher) -> Place): List<Place> = buildList {
        val match = pattern.matcher(text)
        while (match.find()) add(place(match))
    }
}
