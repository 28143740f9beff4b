package dev.upcall.core.redaction

import com.google.re2j.Pattern
import java.nio.CharBuffer
import kotlin.math.ln

private val LIMITS = limits("credentials")
private val SHORTEST = LIMITS.getValue("shortest")
private val SHORTEST_TOKEN = LIMITS.getValue("shortest_token")
private val SHORTEST_QUOTED_TOKEN = LIMITS.getValue("shortest_quoted_token")
private val LONG_WORD = LIMITS.getValue("long_word") // letters of a token that is written without a digit
private val DIGITS_ONLY = LIMITS.getValue("fewest_digits_only")
private const val WORD_ALONE = 6 // letters of a word that is one where it stands at the end of a line
private const val WORD_QUOTED = 8
private const val FEWEST_WORDS = 4 // of a phrase
private const val WORD_ENTROPY = 3.0
private const val TOKEN_ENTROPY = 2.3
private const val VALUE_ENTROPY = 1.5
private val WORDS = Pattern.compile("(?:[A-Z]?[a-z]+)+|[A-Z]+")

/**
 * A value beside a word such as "password", to be judged.
 *
 * @param isQuoted it stands in quotation marks.
 * @param isLast nothing follows in its line.
 */
internal class CredentialValue(
    private val value: String,
    private val isQuoted: Boolean,
    private val isLast: Boolean,
    private val values: CredentialValues,
) {
    private val length = value.points
    private val isWord get() = Unicode.alphabetic.all(value)
    private val hasDigit get() = has(value, "digit")

    fun isCredential(scheme: String): Boolean = when {
        length < SHORTEST || values.references.matches(value) || values.samples.matches(value) -> false
        scheme == "raw" -> true
        !isQuoted && values.expressions.matches(value) -> false
        scheme == "header" && Unicode.alphabetic.all(value.trimEnd('=')) ->
            length >= LONG_WORD && entropy(value) >= WORD_ENTROPY && !WORDS.matches(value.trimEnd('='))
        scheme == "token" || scheme == "header" -> isToken()
        scheme == "option" -> hasDigit || has(value, "mixed")
        else -> isPassword()
    }

    private fun isToken(): Boolean {
        if (isRandom(value)) return true
        if (values.names.matches(value)) return isQuoted && isWord && isLowerCase(value) && length >= LONG_WORD
        val entropy = entropy(value)
        val shortest = if (isQuoted && entropy >= TOKEN_ENTROPY) SHORTEST_QUOTED_TOKEN else SHORTEST_TOKEN
        return hasDigit && has(value, "letter") && length >= shortest && entropy >= TOKEN_ENTROPY
    }

    private fun isPassword(): Boolean = when {
        // A word: only where it stands alone, or in quotation marks.
        isWord && value.isAscii() ->
            isLowerCase(value) && length >= (if (isQuoted) WORD_QUOTED else WORD_ALONE) && (isQuoted || isLast)
        Unicode.digit.all(value) -> length >= DIGITS_ONLY
        // A phrase in quotation marks, or prose beside the word.
        ' ' in value -> isQuoted && (hasDigit || Unicode.words(value).size >= FEWEST_WORDS)
        else -> entropy(value) >= VALUE_ENTROPY
    }
}

/** Whether a value has `digit`, `letter`, `random`, `random_or_hex`, or for any other word something beside letters. */
internal fun has(value: String, need: String): Boolean = when (need) {
    "digit" -> value.any { it in '0'..'9' }
    "letter" -> Unicode.alphabetic.any(value)
    "random" -> isRandom(value)
    "random_or_hex" -> isRandom(value) || isHexadecimal(value)
    else -> !Unicode.alphabetic.all(value)
}

/** Whether a text has letters in lower case, and none in another. */
private fun isLowerCase(text: String): Boolean =
    Unicode.lowercase.any(text) && !Unicode.upper.any(text) && Unicode.lower(text) == text

private const val SHORTEST_RUN = 8
private const val LONG_RUN = 12
private const val LONGEST_WORD_OF_HEX = 24
private const val FEWEST_RANDOM_DIGITS = 2
private const val FEWEST_HEX_DIGITS = 4
private const val RANDOM_ENTROPY = 2.5
private const val CHANGES_IN_LONG = 0.3
private const val CHANGES_IN_SHORT = 0.5

/** Whether a run in it is drawn rather than written: upper case, lower case and digits change places all the time. */
private fun isRandom(value: String): Boolean = runs(value).any { run ->
    !isHexadecimalRun(run) && run.count { it in '0'..'9' } >= FEWEST_RANDOM_DIGITS &&
        changes(run) >= (if (run.length >= LONG_RUN) CHANGES_IN_LONG else CHANGES_IN_SHORT) &&
        entropy(run) >= RANDOM_ENTROPY
}

private fun isHexadecimal(value: String): Boolean = runs(value).any { run ->
    run.length >= LONGEST_WORD_OF_HEX && isHexadecimalRun(run) &&
        run.count { it in '0'..'9' } in FEWEST_HEX_DIGITS until run.length
}

private fun isHexadecimalRun(run: String) =
    run.all(::isHexadecimalDigit) && !(run.any { it in 'a'..'f' } && run.any { it in 'A'..'F' })

private fun runs(value: String): List<String> = value
    .map { if (it.isAsciiAlphanumeric()) it else ' ' }
    .joinToString("")
    .split(' ')
    .filter { it.length >= SHORTEST_RUN }

/** Share of neighbours of different kinds: digit, upper case, lower case. A capital begins a word and counts half. */
private fun changes(run: String): Double {
    val changes =
        run.map(::kind).zipWithNext { before, after ->
            when {
                before == after -> 0.0
                before == Kind.UPPER && after == Kind.LOWER -> CAPITAL
                else -> 1.0
            }
        }
    return changes.sum() / maxOf(1, changes.size)
}

private enum class Kind { DIGIT, UPPER, LOWER }

private fun kind(character: Char): Kind = when (character) {
    in '0'..'9' -> Kind.DIGIT
    in 'A'..'Z' -> Kind.UPPER
    else -> Kind.LOWER
}

private const val CAPITAL = 0.5

/** Shannon entropy of the characters of a text, bits for each character, ≥ 0. The text is not empty. */
internal fun entropy(value: String): Double {
    val counts = LinkedHashMap<Int, Int>()
    value.forEachPoint { _, point -> counts.merge(point, 1, Int::plus) }
    val length = value.points.toDouble()
    return 0 - counts.values.sumOf { it / length * log2(it / length) }
}

private val LN2 = ln(2.0)

/** Exact for powers of two, so that a text of equally many of each character has the entropy that it has elsewhere. */
private fun log2(share: Double): Double {
    val exponent = Math.getExponent(share)
    return exponent + ln(Math.scalb(share, -exponent)) / LN2
}

/** The text from a place on, without a copy. */
internal fun String.from(start: Int): CharSequence = CharBuffer.wrap(this, start, length)
