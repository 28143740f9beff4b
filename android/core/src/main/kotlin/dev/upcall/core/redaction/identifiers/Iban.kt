package dev.upcall.core.redaction.identifiers

import dev.upcall.core.redaction.Unicode

private val LONGEST = NUMBER_LIMITS.getValue("longest_iban")
private val FEWEST_DIGITS = NUMBER_LIMITS.getValue("fewest_iban_digits")
private const val CHECKED = 4 // characters of the country and the check digits
private const val LETTERS_FROM = 10 // the value of A

/**
 * Where the account number that begins at [start] ends, or null if there is none.
 *
 * Checks the length of the country, that there are digits, only digits in the [numeric] countries, and the remainder
 * modulo 97 (ISO 13616-1). A space, tab, hyphen or slash, or the end of a line with marks of quotation after it, may
 * stand between any two characters; case does not matter.
 */
internal fun ibanEnd(text: String, start: Int, lengths: Map<String, Int>, numeric: Set<String> = emptySet()): Int? {
    val characters = StringBuilder()
    var length = LONGEST
    var index = start
    while (index < text.length && characters.length < length) {
        val character = text[index]
        if (character.code < 0x80 && character in Unicode.alphanumeric) {
            characters.append(character.uppercaseChar())
            if (characters.length == 2) length = lengths[characters.toString()] ?: 0
            index++
        } else {
            index = separatorEnd(text, index)
            if (index !in text.indices || text.codePointAt(index) !in Unicode.alphanumeric) return null
        }
    }
    return index.takeIf { length > 0 && characters.length >= length && isIban(characters.toString(), numeric) }
}

private fun isIban(characters: String, numeric: Set<String>): Boolean {
    val account = characters.drop(CHECKED)
    val fewest = if (characters.take(2) in numeric) account.length else FEWEST_DIGITS
    if (account.count { it in '0'..'9' } < fewest) return false // "at 30 seconds ..." is a phrase
    return (account + characters.take(CHECKED)).fold(0) { rest, character ->
        val value = character.digitToInt(radix = 36)
        (if (value < LETTERS_FROM) rest * 10 + value else rest * 100 + value) % 97
    } == 1
}

/** Where the separator ends that begins at a place, or -1. */
private fun separatorEnd(text: String, start: Int): Int {
    var index = start
    if (text.getOrNull(index).isBlank()) index++
    if (text.getOrNull(index) == '\r') index++
    if (text.getOrNull(index) != '\n') return if (text[start] in " \t/-") start + 1 else -1
    do {
        index++
        while (text.getOrNull(index).isBlank()) index++
    } while (text.getOrNull(index) == '>')
    return index
}

private fun Char?.isBlank(): Boolean = this == ' ' || this == '\t'
