package dev.upcall.core.redaction.names

/**
 * The words of a text in small letters, and which of them begin a sentence.
 *
 * @property lower all words.
 * @property openers for each word the first one of its sentence.
 */
internal class Sentences(val lower: List<String>, private val openers: IntArray, private val rules: NameRules) {
    fun values(piece: Piece): List<String> = lower.subList(piece.first, piece.last + 1)

    /** The first word of the sentence in which a piece begins. */
    fun opener(piece: Piece): Int = openers[piece.first]

    /** Whether a sentence asks or orders something. */
    fun isQuestion(piece: Piece): Boolean = lower[opener(piece)] in rules.questionWords

    /** The word behind a piece, if it is of the same sentence; else empty. */
    fun following(piece: Piece): String {
        val next = piece.last + 1
        return if (next < lower.size && openers[next] == opener(piece)) lower[next] else ""
    }

    fun hasGiven(piece: Piece): Boolean = values(piece).any { it in rules.givenNames }

    /** Whether a word shortly before says that a person follows, or one behind a given name what that person does. */
    fun hasCue(piece: Piece): Boolean {
        if (near(piece, rules.evidence.cueWords).any { it in rules.personWords }) return true
        return lower[piece.last] in rules.givenNames && lower.getOrNull(piece.last + 1) in rules.personVerbs
    }

    /** Whether a word such as "live" stands shortly before a place. */
    fun isHome(piece: Piece): Boolean = near(piece, rules.evidence.residenceWords).any { it in rules.residenceWords }

    private fun near(piece: Piece, reach: Int) = lower.subList(maxOf(0, piece.first - reach), piece.first)
}
