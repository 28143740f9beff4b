package dev.upcall.core.redaction.names

import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Unicode
import dev.upcall.core.redaction.before
import dev.upcall.core.redaction.limits
import dev.upcall.core.redaction.points

/** Whether numbers are more than numbers: the model takes sums for house numbers and hashes for licences. */
internal class Plausibility(private val rules: NameRules) {
    fun isPlausible(text: String, words: List<Word>, piece: Piece): Boolean {
        val start = words[piece.first].start
        val value = text.substring(start, words[piece.last].end)
        return when (piece.kind) {
            EntityType.ADDRESS if Unicode.alphabetic.any(value) -> !isCounted(value)
            EntityType.ADDRESS -> isPostcode(text, start, value)
            EntityType.LOCATION -> Unicode.lower(value) !in rules.countries && isMoreThanParticles(words, piece)
            EntityType.PERSON -> isMoreThanParticles(words, piece)
            EntityType.EMAIL -> true
            EntityType.PHONE -> isNumber(value)
            else -> isNumber(value) && hasIdentifierWord(text.lowerBefore(start, IDENTIFIER_REACH))
        }
    }

    private fun isMoreThanParticles(words: List<Word>, piece: Piece) =
        (piece.first..piece.last).any { words[it].value !in rules.particles }

    /** "page 345", "HTTP 404": a counted thing and its number. */
    private fun isCounted(value: String): Boolean {
        val words = Unicode.words(Unicode.lower(value)).filter { it.codePointAt(0) in Unicode.alphabetic }
        return words.all { it in rules.countedWords }
    }

    private fun isPostcode(text: String, start: Int, value: String): Boolean {
        val before = text.lowerBefore(start, POSTCODE_REACH)
        if (before.trimEnd(' ', '.').substringAfterLast(' ') in rules.streetWords) return true
        // "unzip" is no "zip", nor is a file's ".zip", and no postcode is as short as a count.
        return Unicode.digit.count(value) >= FEWEST_POSTCODE_DIGITS && rules.postcodeWords.any { begins(it, before) }
    }

    /** Whether a word begins somewhere in a text: behind no letter, digit or full stop. */
    private fun begins(word: String, text: String): Boolean = text.indices.any { place ->
        text.startsWith(word, place) &&
            (place == 0 || text.codePointBefore(place).let { it !in Unicode.alphanumeric && it != '.'.code })
    }

    private fun hasIdentifierWord(before: String) = rules.identifierWords.any { it in before }

    private fun isNumber(value: String): Boolean = Unicode.digit.count(value) >= FEWEST_DIGITS &&
        Unicode.words(value).all { it.points <= LONGEST_IDENTIFIER }

    private fun String.lowerBefore(place: Int, reach: Int) = Unicode.lower(substring(before(place, reach), place))

    private companion object {
        val LIMITS = limits("names_decoding")
        val POSTCODE_REACH = LIMITS.getValue("postcode_reach")
        val FEWEST_POSTCODE_DIGITS = LIMITS.getValue("fewest_postcode_digits")
        val IDENTIFIER_REACH = LIMITS.getValue("identifier_reach")
        val FEWEST_DIGITS = LIMITS.getValue("fewest_digits")

        /** Characters without a space; hashes and UUIDs are longer. */
        val LONGEST_IDENTIFIER = LIMITS.getValue("longest_identifier")
    }
}
