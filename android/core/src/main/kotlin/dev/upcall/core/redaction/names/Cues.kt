package dev.upcall.core.redaction.names

import com.google.re2j.Pattern
import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Span
import dev.upcall.core.redaction.Unicode
import dev.upcall.core.redaction.limits
import dev.upcall.core.redaction.points

/**
 * Finds names that a cue gives away without a model: titles, forms of companies, post boxes; and repetitions.
 *
 * @param rules lists of cue words.
 */
internal class Cues(private val rules: NameRules) {
    /** Post boxes and military addresses, in order, none overlapping. */
    fun addressForms(text: String, words: List<Word>): List<Piece> {
        if (!Unicode.digit.any(text)) return emptyList()
        val firsts = words.indices.associateBy { words[it].start }
        val lasts = words.indices.associateBy { words[it].end }
        var end = 0
        return rules.addressForms.flatMap { it.places(text) }.sorted().mapNotNull { place ->
            val (first, last) = firsts[place.start] to lasts[place.end]
            if (place.start < end || first == null || last == null) return@mapNotNull null
            end = place.end
            Piece(first, last, EntityType.ADDRESS, rules.cueScore)
        }
    }

    /** Names behind a title such as Dr or Frau; the title itself is not private. */
    fun titled(text: String, words: List<Word>): List<Piece> {
        val isMixed = isMixedCase(text)
        return words.indices.filter { words[it].lower in rules.honorifics }.mapNotNull { index ->
            val last = nameEnd(text, words, index, isMixed)
            // Behind "Herr Dr." the name begins after the second title, which has its own turn.
            val isName = last > index && words[index + 1].lower !in rules.honorifics
            if (isName) Piece(index + 1, last, EntityType.PERSON, rules.cueScore) else null
        }
    }

    private fun nameEnd(text: String, words: List<Word>, title: Int, isMixed: Boolean): Int {
        var last = title
        var named = 0
        var gap = TITLE_GAP
        for (index in title + 1..words.lastIndex) {
            val word = words[index]
            if (named == (if (isMixed) NAME_WORDS else 1) || !gap.matches(text.between(words, index - 1, index))) break
            if (isMixed && word.value in rules.particles) {
                gap = SPACES
                continue
            }
            val first = word.value.codePointAt(0)
            if (first !in Unicode.alphabetic || (isMixed && first !in Unicode.upper)) break
            if (!isMixed && (word.lower in rules.commonWords || word.value.points < SHORTEST_PART)) break
            last = index
            named++
            gap = if (word.isLetter) TITLE_GAP else SPACES
        }
        return last
    }

    /** Names before the form of a company such as GmbH or Inc, with the form. */
    fun organisations(text: String, words: List<Word>): List<Piece> {
        val isMixed = isMixedCase(text)
        return words.indices.mapNotNull { index ->
            val word = words[index]
            val isForm = word.lower in rules.organisationSuffixes && !(isMixed && Unicode.isLower(word.value))
            if (!isForm) return@mapNotNull null
            var first = index
            while (first > 0 && index - first < (if (isMixed) COMPANY_WORDS else 1)) {
                val gap = text.between(words, first - 1, first)
                if (!COMPANY_GAP.matches(gap) || !isOfCompany(words[first - 1], isMixed)) break
                first--
            }
            while (first < index && words[first].lower in rules.commonWords) first++
            if (first < index) Piece(first, index, EntityType.ORG, rules.cueScore) else null
        }
    }

    private fun isOfCompany(word: Word, isMixed: Boolean): Boolean {
        val first = word.value.codePointAt(0)
        return if (isMixed) first in Unicode.upper || first in Unicode.digit else word.lower !in rules.commonWords
    }

    /** A name with the initials before it; an address with number and words such as "rue" before, the country behind. */
    fun completed(text: String, words: List<Word>, piece: Piece): Piece = when (piece.kind) {
        EntityType.PERSON -> piece.copy(first = firstInitial(text, words, piece.first))
        EntityType.ADDRESS -> {
            val first = firstOfAddress(text, words, piece.first)
            piece.copy(first = first, last = lastOfCountry(text, words, first, piece.last))
        }
        else -> piece
    }

    private fun firstInitial(text: String, words: List<Word>, name: Int): Int {
        var first = name
        while (first > 0 && words[first - 1].isLetter && words[first - 1].value.codePointAt(0) in Unicode.upper) {
            if (!INITIAL_GAP.matches(text.between(words, first - 1, first))) break
            first--
        }
        return first
    }

    private fun firstOfAddress(text: String, words: List<Word>, address: Int): Int {
        var first = address
        for (index in address - 1 downTo maxOf(0, address - LEADING_WORDS)) {
            val word = words[index].lower
            val isPart = Unicode.digit.all(word) || word in rules.streetWords
            if (!isPart && word !in rules.particles) break
            if (!TITLE_GAP.matches(text.between(words, index, index + 1))) break
            if (isPart) first = index
        }
        return first
    }

    private fun lastOfCountry(text: String, words: List<Word>, first: Int, last: Int): Int {
        // The model may have taken the first word of "United States" already.
        for (begin in listOf(last + 1, last)) {
            for (count in LONGEST_COUNTRY downTo 1) {
                val end = begin + count - 1
                if (begin <= first || end > words.lastIndex || end <= last) continue
                val isBehind = TAIL_GAP.matches(text.between(words, begin - 1, begin))
                val value = text.substring(words[begin].start, words[end].end)
                if (isBehind && Unicode.lower(value) in rules.countries) return end
            }
        }
        return last
    }

    /** Other mentions of the parts of names that were found, as whole words in the same or in all-capital letters. */
    fun repeated(words: List<Word>, found: List<Span>): List<Span> {
        if (found.none { it.entityType == EntityType.PERSON }) return emptyList()
        val parts = HashMap<String, Span>()
        val elsewhere = mutableListOf<Word>()
        val spans = ArrayDeque(found.sortedBy { it.start })
        for (word in words) {
            while (spans.isNotEmpty() && spans.first().end <= word.start) spans.removeFirst()
            val span = spans.firstOrNull()
            if (span == null || span.start >= word.end) {
                elsewhere.add(word)
            } else if (span.entityType == EntityType.PERSON && isTelling(word)) {
                parts.getOrPut(word.value) { span }
                parts.getOrPut(word.value.uppercase()) { span }
            }
        }
        return elsewhere.mapNotNull { word ->
            parts[word.value]?.let { Span(word.start, word.end, EntityType.PERSON, "name_repeated", it.score) }
        }
    }

    /** Whether a part of a name stands for the person on its own, and is no common word. */
    private fun isTelling(word: Word): Boolean = word.value.points >= SHORTEST_PART && !Unicode.digit.all(word.value) &&
        word.lower !in rules.commonWords && word.lower !in rules.particles && word.lower !in rules.honorifics

    private companion object {
        val LIMITS = limits("names_cues")

        /** Most words after a title, particles not counted. */
        val NAME_WORDS = LIMITS.getValue("most_name_words")

        /** Most words before the form of a company. */
        val COMPANY_WORDS = LIMITS.getValue("most_company_words")

        /** Most words before an address that are looked at. */
        val LEADING_WORDS = LIMITS.getValue("most_leading_words")

        /** Characters of a part of a name that is looked for on its own. */
        val SHORTEST_PART = LIMITS.getValue("shortest_part")
        const val LONGEST_COUNTRY = 4
        val SPACES: Pattern = Pattern.compile("""[ \t\x{A0}]{1,3}""")
        val TITLE_GAP: Pattern = Pattern.compile("""\.?[ \t\x{A0}]{1,3}""")
        val INITIAL_GAP: Pattern = Pattern.compile("""\.[ \x{A0}]?""")
        val COMPANY_GAP: Pattern = Pattern.compile(""",?[ \t\x{A0}]{1,2}|[ \t\x{A0}]?&[ \t\x{A0}]?|-""")
        val TAIL_GAP: Pattern = Pattern.compile("""[ \t]*[,\n]?[ \t\r\n]{0,8}""")
    }
}
