package dev.upcall.core.redaction.names

import com.google.re2j.Pattern
import dev.upcall.core.redaction.BLANK
import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Unicode
import dev.upcall.core.redaction.before
import dev.upcall.core.redaction.limits
import dev.upcall.core.redaction.points

/** What stands between two words, and whether it joins or parts them. */
internal class Gaps(private val rules: NameRules) {
    /** Whether two words that follow one another may be of one name. */
    fun isWithinName(text: String, words: List<Word>, low: Int, high: Int): Boolean =
        PERSON.matches(text.between(words, low, high))

    /** Whether two numbers are of a sum. */
    fun isSum(text: String, one: Word, other: Word): Boolean {
        if (text.codePointBefore(one.end) !in Unicode.digit) return false
        if (text.codePointAt(other.start) !in Unicode.digit) return false
        val gap = text.substring(one.end, other.start)
        val sign = Unicode.stripped(gap).singleOrNull() ?: return false
        return sign in SIGNS || (sign in SPACED_SIGNS && gap.last() in Unicode.space)
    }

    /** Whether a word begins a sentence. */
    fun isBeginning(text: String, start: Int): Boolean {
        val reach = text.before(start, BEGINNING_REACH)
        var place = start
        while (place > reach && text[place - 1] == ' ') place--
        return place == 0 || (place > reach && text[place - 1] in ENDS)
    }

    /** The type of both together, or null where they stay apart. */
    fun joint(text: String, words: List<Word>, one: Piece, other: Piece, isMixed: Boolean): EntityType? {
        val gap = text.between(words, one.last, other.first)
        if (BLANK in gap) return null
        val between = words.subList(one.last + 1, maxOf(one.last + 1, other.first))
        val kinds = setOf(one.kind, other.kind)
        if (PLACES.containsAll(kinds)) {
            return EntityType.ADDRESS.takeIf { it in kinds && isOfAddress(gap, between, isMixed) }
        }
        val isJoint =
            when {
                kinds.size > 1 -> false
                one.kind == EntityType.PERSON -> isOfPerson(gap, words[one.last], between, isMixed)
                else -> other.first == one.last + 1 && NUMBER.matches(gap)
            }
        return one.kind.takeIf { isJoint }
    }

    private fun isOfPerson(gap: String, last: Word, between: List<Word>, isMixed: Boolean): Boolean {
        if (between.isEmpty()) return PERSON.matches(gap) || (last.value.points <= 2 && INITIAL.matches(gap))
        // An initial between them, with or without its full stop.
        val initial = between.singleOrNull() ?: return false
        if (!initial.isLetter || !isNameLetters(initial.value) || (isMixed && Unicode.isLower(gap))) return false
        val (before, behind) = gap.split(initial.value, limit = 2)
        return before in BLANKS && behind in AFTER_INITIAL
    }

    private fun isOfAddress(gap: String, between: List<Word>, isMixed: Boolean): Boolean {
        if (gap.points > rules.gapCharacters || between.size > rules.gapWords) return false
        val plain = gap.skip(0) { it in Unicode.alphanumeric || it in Unicode.space || it in ADDRESS_MARKS }
        if (plain < gap.length || BLANK_LINE.matcher(gap).find()) return false
        // "Hill Road and", "22 Pollen Crescent street in": words between two addresses, unless there are no capitals.
        return !isMixed || between.none(rules::isPlain)
    }

    private companion object {
        val BEGINNING_REACH = limits("names_decoding").getValue("beginning_reach")
        val PLACES = setOf(EntityType.ADDRESS, EntityType.LOCATION)
        val PERSON: Pattern = Pattern.compile("""[ \x{A0}]{1,3}|[ ]?-[ ]?|['\x{2019}.]""")
        val INITIAL: Pattern = Pattern.compile("""\.?[ \t\x{A0}]{1,3}""")
        val NUMBER: Pattern = Pattern.compile("""[ \t\x{A0}]?[-.@/+()_:]{0,2}[ \t\x{A0}]?""")
        val BLANK_LINE: Pattern = Pattern.compile("\n[ \t\r]*\n")
        val BLANKS = setOf(" ", "\t", "\u00A0")
        val AFTER_INITIAL = BLANKS + BLANKS.map { ".$it" }
        val ADDRESS_MARKS = "_,.;#/()'\u2019-".map { it.code }.toSet()
        const val SIGNS = "*\u00D7\u00F7=^<>%"
        const val SPACED_SIGNS = "+/-"
        const val ENDS = ".!?\u00BF\u00A1"
    }
}

/** The text between two words. */
internal fun String.between(words: List<Word>, low: Int, high: Int): String =
    substring(words[low].end, words[high].start)

internal fun Pattern.matches(text: CharSequence): Boolean = matcher(text).matches()
