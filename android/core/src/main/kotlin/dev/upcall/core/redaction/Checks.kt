package dev.upcall.core.redaction

import dev.upcall.core.redaction.identifiers.CRYPTO_ADDRESSES
import dev.upcall.core.redaction.identifiers.EUROPEAN_IDS
import dev.upcall.core.redaction.identifiers.MEDICAL_IDS
import dev.upcall.core.redaction.identifiers.NATIONAL_IDS
import dev.upcall.core.redaction.identifiers.US_NUMBERS
import dev.upcall.core.redaction.identifiers.cardPlaces
import dev.upcall.core.redaction.identifiers.ibanEnd
import dev.upcall.core.redaction.identifiers.isEpoch
import dev.upcall.core.redaction.identifiers.isPlain
import dev.upcall.core.redaction.identifiers.isSsn
import dev.upcall.core.redaction.identifiers.phonePlaces

/**
 * A match of a rule, to be checked.
 *
 * @property text in which it stands.
 * @property place of the match.
 * @property rule that matched.
 * @property rules all rules.
 * @property regions of telephone numbers.
 */
internal class Candidate(
    val text: String,
    val place: Place,
    val rule: Rule,
    val rules: Rules,
    val regions: List<String>,
) {
    val start: Int get() = place.start
    val end: Int get() = place.end
    val value: String get() = place.of(text)
}

/** Gives the places in a candidate that are real. */
internal typealias Check = (Candidate) -> List<Place>

private const val LONG_WORD = 12 // letters of a password without anything else
private const val SEPARATORS = " .-/+"
private const val CLOSING = ".,)]}"
private const val OLDEST_DIGITS = 9 // what has more digits is no age
internal val CHECK_LIMITS: Map<String, Int> = limits("checks")
private val OLDEST = CHECK_LIMITS.getValue("oldest_years")

/** Numbers by the names that the rules use; asked without separators, in upper case. */
internal val SCHEMES: Map<String, (String) -> Boolean> = US_NUMBERS + NATIONAL_IDS + EUROPEAN_IDS + MEDICAL_IDS

/** The gates of the rules by their names in the data: what a match of a pattern must also be. */
internal val CHECKS: Map<String, Check> =
    mapOf(
        "age" to ::age,
        "card" to ::card,
        "code" to ::code,
        "credential" to ::credential,
        "date" to ::date,
        "email" to ::email,
        "iban" to ::iban,
        "ip" to ::internetAddressPlaces,
        "mac" to ::macAddress,
        "name" to ::name,
        "phone" to ::phone,
        "scheme" to ::scheme,
        "secret" to ::secret,
        "ssn" to ::ssn,
    )

private fun Candidate.whole(isReal: Boolean): List<Place> = if (isReal) listOf(place) else emptyList()

/** The ASCII digits of a text. */
private fun digits(text: String): String = text.filter { it in '0'..'9' }

private fun age(candidate: Candidate): List<Place> {
    val digits = digits(candidate.value)
    return candidate.whole(digits.length <= OLDEST_DIGITS && digits.toInt() <= OLDEST)
}

private fun card(candidate: Candidate): List<Place> = with(candidate) {
    cardPlaces(text, start, end, rules.cardPrefixes).filter { place ->
        !isEpoch(place.of(text)) || rule.hasContext(text, place.start, place.end)
    }
}

private fun code(candidate: Candidate): List<Place> =
    candidate.whole(digits(candidate.value).length >= candidate.rule.digits)

private fun credential(candidate: Candidate): List<Place> = with(candidate) {
    listOfNotNull(credentialSpan(text, start, end, rule.scheme, rule.needs, rules.credentialValues))
}

private fun iban(candidate: Candidate): List<Place> = with(candidate) {
    val end = ibanEnd(text, start, rules.ibanLengths, rules.ibanNumeric)
    if (end == null) emptyList() else listOf(Place(start, end))
}

private fun phone(candidate: Candidate): List<Place> = with(candidate) {
    phonePlaces(text, start, end, regions).filter { place ->
        val (low, high) = place
        val isInternational = text[low] == '+'
        // Glued to a token on the left, as in an identifier: AB-2125550123.
        val isGlued = low > 1 && text[low - 1] in "-./_" && text.codePointBefore(low - 1) in Unicode.alphanumeric
        // A sum beside an equals sign, or the whole part of a decimal: 95060-29100=65960, 232-54-27.0.
        val goesOn =
            Unicode.stripped(text.substring(high, text.after(high, 2))).startsWith('=') ||
                (text.startsWith('.', high) && text.digitAt(high + 1))
        val isSum = isPlain(place.of(text)) || goesOn || text.startsWith('=', low - 1)
        (isInternational || (!isGlued && (!isSum || rule.hasContext(text, low, high)))) &&
            digits(place.of(text)) !in rule.notPrivate
    }
}

private fun String.startsWith(character: Char, index: Int): Boolean = getOrNull(index) == character

private fun String.digitAt(index: Int): Boolean = getOrNull(index) in '0'..'9'

private fun scheme(candidate: Candidate): List<Place> = with(candidate) {
    val address = CRYPTO_ADDRESSES[rule.scheme]
    whole(
        if (address != null) {
            address(value)
        } else {
            SCHEMES.getValue(rule.scheme)(value.uppercase().filter { it !in SEPARATORS })
        },
    )
}

private fun secret(candidate: Candidate): List<Place> = with(candidate) {
    var last = end
    while (last > start && closesNothing(text, start, last)) last--
    last = tokenEnd(text, last)
    val value = text.substring(start, last)
    if (value.points < rule.minLength || rules.credentialValues.samples.matches(value)) return emptyList()
    val hasAll =
        rule.needs.all { need ->
            when (need) {
                "digit" -> Unicode.digit.any(value)
                "letter" -> Unicode.alphabetic.any(value)
                // A password of letters only must be long, or "password: required" would be one.
                else -> !Unicode.alphabetic.all(value) || value.points >= LONG_WORD
            }
        }
    if (hasAll && entropy(value) >= rule.minEntropy) listOf(Place(start, last)) else emptyList()
}

private fun closesNothing(text: String, start: Int, end: Int): Boolean =
    text[end - 1] in CLOSING && (start until end).count { text[it] == text[end - 1] } == 1

private fun ssn(candidate: Candidate): List<Place> = with(candidate) {
    val isHyphenated =
        text.startsWith('-', start - 1) ||
            (text.startsWith('-', end) && end + 1 < text.length && text.codePointAt(end + 1) in Unicode.digit)
    whole(!isHyphenated && isSsn(digits(value)))
}
