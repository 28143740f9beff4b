package dev.upcall.core.redaction.names

import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Unicode
import dev.upcall.core.redaction.limits
import dev.upcall.core.redaction.points

/** Weighs what the model says of a piece against what stands around it. */
internal class Certainty(
    private val sentences: Sentences,
    private val rules: NameRules,
    private val isSmall: Boolean,
) {
    private val limits = rules.evidence

    /** Whether a name is private although nothing else in the text is. */
    fun isSure(piece: Piece): Boolean = when (piece.kind) {
        EntityType.PERSON -> isSurePerson(piece)
        EntityType.ADDRESS -> isSureAddress(piece)
        EntityType.LOCATION -> {
            val isTold = floor(piece) < limits.aloneSmall && piece.score > limits.place
            isTold || sentences.isHome(piece)
        }
        else -> true
    }

    /** Whether a name without anything private in itself is that of a person in a text about people. */
    fun mayBePerson(piece: Piece): Boolean = piece.kind == EntityType.PERSON && piece.score > limits.personal &&
        sentences.values(piece).any { it in rules.givenNames || it !in rules.publicNames }

    /** What the mass of a name must exceed for which no cue speaks: in questions more. */
    private fun floor(piece: Piece): Double = when {
        sentences.isQuestion(piece) -> limits.question
        isSmall -> limits.aloneSmall
        else -> limits.alone
    }

    private fun isSurePerson(piece: Piece): Boolean {
        val floor = floor(piece)
        if (sentences.hasGiven(piece) && (floor < limits.question || piece.score > limits.given)) return true
        if (sentences.hasCue(piece) && piece.score > limits.cue) return true
        val hasSeveral = piece.last > piece.first && floor < limits.aloneSmall
        return piece.score > (if (hasSeveral) limits.pair else floor)
    }

    private fun isSureAddress(piece: Piece): Boolean {
        val values = sentences.values(piece)
        val floor = floor(piece)
        if (values.none(Unicode.alphabetic::any)) return true // a number stands behind a word such as "zip"
        if (values.any(Unicode.digit::any) && values.any(rules::isStreet)) return true
        // "Is Madison Square Garden indoors?", "Which lens for a Sony A7 IV?"
        if (floor >= limits.question && values.none(Unicode.digit::all) && !sentences.isHome(piece)) return false
        val isLong = values.size >= limits.addressWords || floor < limits.address
        return isLong && piece.score > minOf(floor, limits.address)
    }
}

private val SHORTEST_STREET = limits("names_evidence").getValue("shortest_street")

/** Whether a word is one for a street; short ones are also others, such as "do". */
internal fun NameRules.isStreet(word: String): Boolean = when (word) {
    in streetWords -> word.points >= SHORTEST_STREET || word !in everydayWords
    else -> streetEndings.any(word::endsWith)
}
