package dev.upcall.core.redaction.identifiers

import dev.upcall.core.redaction.limits

// Numbers that carry their own proof: identifiers of the United States, and moments that only look like a card.

private val EPOCH_MILLISECONDS = 1_000_000_000_000 until 4_100_000_000_000 // September 2001 to December 2099
private val ITIN_GROUPS = (50..65) + (70..88) + (90..92) + (94..99)
private val EIN_NOT_ISSUED = setOf(0, 7, 8, 9, 17, 18, 19, 28, 29, 49, 69, 70, 78, 79, 89, 96, 97)
private val ABA_PREFIXES = (0..12) + (21..32) + (61..72) + 80
internal val NUMBER_LIMITS: Map<String, Int> = limits("numbers")

/** Whether a text is digits that read as milliseconds since 1970 in this century. */
internal fun isEpoch(text: String): Boolean = text.toLongOrNull()?.let { it in EPOCH_MILLISECONDS } ?: false

/**
 * Whether nine digits can be a United States social security number.
 *
 * The area is not 000, 666 or 900 to 999, the group not 00, the serial not 0000. Source: SSA, randomised since 2011.
 */
internal fun isSsn(digits: String): Boolean {
    val area = digits.take(3)
    return area != "000" && area != "666" && area < "900" &&
        digits.drop(3).take(2) != "00" && digits.drop(5) != "0000"
}

/** United States, individual taxpayer identification number: 9 digits, the first 9, an issued group. Source: IRS. */
internal fun isItin(text: String): Boolean = isNumber(text, 9) && text[0] == '9' && text.number(3, 5) in ITIN_GROUPS

/** United States, employer identification number: 9 digits, a prefix that is issued. Source: IRS. */
internal fun isEin(text: String): Boolean = isNumber(text, 9) && text.number(0, 2) !in EIN_NOT_ISSUED

/** United States, routing number: 9 digits, a Federal Reserve prefix, weights 3, 7 and 1. Source: ABA. */
internal fun isAba(text: String): Boolean = isNumber(text, 9) && text.number(0, 2) in ABA_PREFIXES &&
    weighted(text, 3, 7, 1, 3, 7, 1, 3, 7, 1) % 10 == 0

/** By the names that the rules use; separators are removed. */
internal val US_NUMBERS: Map<String, (String) -> Boolean> =
    mapOf("aba" to ::isAba, "ein" to ::isEin, "itin" to ::isItin)
