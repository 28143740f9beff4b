package dev.upcall.core.redaction.names

import com.google.re2j.Pattern
import dev.upcall.core.redaction.EntityType
import java.util.BitSet

/**
 * Drops findings for which nothing but the model speaks, in texts in which nothing is about a private person.
 *
 * The model takes tools, scientists, fonts and towns in everyday questions for people.
 *
 * @param rules lists of public names, given names and cue words.
 */
internal class Evidence(private val rules: NameRules) {
    /**
     * The pieces that stay, some without the public words at their edges.
     *
     * @param text that the words are of.
     * @param words all of the text.
     * @param pieces in order, none overlapping.
     * @param forms addresses that were found by their form, which need no more evidence.
     */
    fun personal(text: String, words: List<Word>, pieces: List<Piece>, forms: List<Piece> = emptyList()): List<Piece> {
        if (pieces.isEmpty()) return emptyList()
        val sentences = Sentences(words.map { it.lower }, openers(text, words), rules)
        val public = PublicNames(sentences, rules)
        val certainty = Certainty(sentences, rules, isSmall = !isMixedCase(text))
        val code = CodeIdentifiers(text, rules)
        val known = BitSet().apply { forms.forEach { set(it.first) } }
        val (certain, others) = pieces.partition { known.nextSetBit(it.first) in it.first..it.last }
        val trimmed =
            others
                .filter { !isOfCode(it, words, sentences, code) && !public.isAskedAbout(it) }
                .map { it to public.trimmed(it) }
        var sure = trimmed.mapNotNull { it.second }.filter(certainty::isSure)
        val isAboutPeople =
            sentences.lower.any { it in rules.personalWords } ||
                (sure + certain).any { it.kind != EntityType.LOCATION }
        if (isAboutPeople) {
            // Where people are spoken of, "Jackson" and "White" are two of them.
            sure = trimmed.mapNotNull { (piece, rest) -> rest ?: piece.takeIf(certainty::mayBePerson) }
        }
        return (certain + sure).sortedBy { it.first }
    }

    /** Whether it is an identifier of code, and no given name. */
    private fun isOfCode(piece: Piece, words: List<Word>, sentences: Sentences, code: CodeIdentifiers): Boolean =
        piece.kind in NAMES && !sentences.hasGiven(piece) && !sentences.hasCue(piece) &&
            code.isIdentifier(words[piece.first].start, words[piece.last].end)

    /** For each word the first one of its sentence. */
    private fun openers(text: String, words: List<Word>): IntArray {
        val openers = IntArray(words.size)
        for (index in 1..words.lastIndex) {
            // No sentence ends with the "v." of a case in court, nor with an initial.
            val begins = !words[index - 1].isLetter && END.matcher(text.between(words, index - 1, index)).find()
            openers[index] = if (begins) index else openers[index - 1]
        }
        return openers
    }

    private companion object {
        /** White space is spelt out: that of Unicode. */
        const val SPACE =
            """[\t-\r\x{1C}- \x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}]"""
        val END: Pattern = Pattern.compile("""[.!?]["')\]]*$SPACE|\n""")
    }
}
