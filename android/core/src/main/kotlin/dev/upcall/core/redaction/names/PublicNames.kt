package dev.upcall.core.redaction.names

import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Unicode
import dev.upcall.core.redaction.limits

/** Tells what is public: persons and things that a question is about, and names of the list. */
internal class PublicNames(private val sentences: Sentences, private val rules: NameRules) {
    private val lower = sentences.lower

    /** Whether a question is about a public person, such as "who was" or "discover", or a thing named after one. */
    fun isAskedAbout(piece: Piece): Boolean {
        if (piece.kind != EntityType.PERSON || !sentences.isQuestion(piece)) return false
        val following = sentences.following(piece)
        if (following in rules.publicBehind || lower[piece.last] in rules.publicBehind) return true
        if (following in rules.eponymHeads && !sentences.hasGiven(piece)) return true
        val from = maxOf(sentences.opener(piece), piece.first - PHRASE_BEFORE)
        val before = lower.subList(from, piece.first).joinToString(" ")
        if (before.endsWith(VERSUS)) return true
        // In small letters the model takes more of the sentence for a name: "who was maria talking to".
        val goesOn = piece.last + 1 - piece.first > LONGEST_PUBLIC || lower[piece.last] in rules.commonWords
        return before in rules.publicBefore && following in FOLLOWING && !goesOn
    }

    /** The piece without what is public; null where nothing is left. */
    fun trimmed(piece: Piece): Piece? {
        when (piece.kind) {
            EntityType.ADDRESS -> return piece.takeIf(::isPlace)
            EntityType.PERSON -> if (sentences.hasCue(piece)) return piece
            EntityType.LOCATION -> if (sentences.isHome(piece)) return piece
            else -> return piece
        }
        val values = sentences.values(piece)
        if (piece.kind == EntityType.PERSON && values.any(Unicode.digit::any)) return null
        if (isPublic(piece) || isPhrase(piece)) return null
        if (values.any { it in rules.givenNames && it !in rules.publicNames }) return piece
        val rest = tightened(piece)
        return rest.takeIf { !isLoose(lower[it.first]) && !isPublic(it) }
    }

    /** The piece without everyday words at its edges; at least its last word. */
    private fun tightened(piece: Piece): Piece {
        var (first, last) = piece
        while (first < last && isLoose(lower[first])) first++
        while (last > first && isLoose(lower[last])) last--
        return piece.copy(first = first, last = last)
    }

    /** Whether a word at the edge of a name is none: an everyday word that is no given name. */
    private fun isLoose(word: String) = word in rules.everydayWords && word !in rules.givenNames

    /** Whether all of it is public: one name of the list, or several. */
    private fun isPublic(piece: Piece): Boolean {
        val values = sentences.values(tightened(piece))
        return values.joinToString(" ") in rules.publicNames ||
            values.all { it in rules.publicNames || it in rules.everydayWords }
    }

    /** Whether it is a part of a public name of several words, such as "Adam optimizer". */
    private fun isPhrase(piece: Piece): Boolean {
        val reach = rules.evidence.phraseWords
        return (maxOf(0, piece.first - reach + 1)..piece.first).any { low ->
            (maxOf(piece.last, low + 1) until minOf(lower.size, low + reach)).any { high ->
                lower.subList(low, high + 1).joinToString(" ") in rules.publicNames
            }
        }
    }

    /** Whether an address is more than a word with digits ("int4", "v2.4.1") or a public word and a number. */
    private fun isPlace(piece: Piece): Boolean {
        val values = sentences.values(piece)
        if (values.any(rules::isStreet) || values.none(Unicode.alphabetic::any)) return true
        return values.any { !Unicode.digit.any(it) && it !in rules.publicNames && it !in rules.everydayWords }
    }

    private companion object {
        val LIMITS = limits("names_evidence")
        val PHRASE_BEFORE = LIMITS.getValue("phrase_before_words")
        val LONGEST_PUBLIC = LIMITS.getValue("longest_public_words")
        val FOLLOWING = setOf("", "and")

        /** Of a case in court. */
        const val VERSUS = " v"
    }
}
