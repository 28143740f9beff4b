package dev.upcall.core.redaction.identifiers

import com.google.re2j.Pattern

// Medical identifiers of the United States and Germany. Separators are removed, letters upper case; nothing is thrown.

private const val LETTER = "[AC-HJKMNP-RT-Y]" // not S, L, O, I, B, Z, which read as digits
private const val EITHER = "(?:$LETTER|[0-9])"
private val MBI = Pattern.compile("[1-9]$LETTER$EITHER[0-9]$LETTER$EITHER[0-9]$LETTER{2}[0-9]{2}")
private val NPI = Pattern.compile("[12][0-9]{9}")
private val DEA = Pattern.compile("[A-HJ-NP-UX][A-Z9][0-9]{7}")
private val KVNR = Pattern.compile("[A-Z][0-9]{9}")

/** National provider identifier: 10 digits, the first 1 or 2, Luhn with 80840 before them. Source: 45 CFR 162.406. */
internal fun isNpi(text: String): Boolean = NPI.matches(text) && luhn("80840$text")

/** Drug Enforcement Administration: kind of registrant, a letter or 9, 7 digits of which the last checks the others. */
internal fun isDea(text: String): Boolean =
    DEA.matches(text) && weighted(text.substring(2, 8), 1, 2, 1, 2, 1, 2) % 10 == text[8].digitToInt()

/** Medicare beneficiary identifier: 11 characters, each of its own kind. Source: CMS, MBI format. */
internal fun isMbi(text: String): Boolean = MBI.matches(text)

/** Germany, health insurance number: a letter and 9 digits, the last by Luhn from the left. Source: § 290 SGB V. */
internal fun isKvnr(text: String): Boolean {
    if (!KVNR.matches(text)) return false
    val digits = letterNumber(text[0]) + text.substring(1, 9)
    val sum = digits.withIndex().sumOf { (index, digit) -> crossSum(digit.digitToInt() * (1 + index % 2)) }
    return sum % 10 == text[9].digitToInt()
}

/** By the names that the rules use. */
internal val MEDICAL_IDS: Map<String, (String) -> Boolean> =
    mapOf("dea" to ::isDea, "kvnr" to ::isKvnr, "mbi" to ::isMbi, "npi" to ::isNpi)
