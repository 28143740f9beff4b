package dev.upcall.core.redaction.identifiers

import dev.upcall.core.redaction.Unicode

// National identifiers outside Europe: what makes a row of digits and letters one. Separators are removed, letters
// upper case. Each function says whether a text is one; it throws nothing, whatever the ASCII letters and digits. The
// patterns of the rules decide which texts are asked.

private const val CURP = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
private const val CURP_LENGTH = 18
private const val RESIDENT_ID_LENGTH = 18
private val NRIC_SHIFTS = mapOf('S' to 0, 'F' to 0, 'T' to 4, 'G' to 4, 'M' to 3)

/** India: 12 digits, the first 2 to 9, not a palindrome, Verhoeff. Source: UIDAI. */
internal fun isAadhaar(text: String): Boolean =
    isNumber(text, 12) && text[0] in '2'..'9' && text != text.reversed() && verhoeff(text)

/** India, permanent account number: 5 letters, the fourth for the kind of holder, 4 digits not 0000, a letter. */
internal fun isPan(text: String): Boolean = text.length == 10 &&
    Unicode.alphabetic.all(text.take(5)) && text[3] in "ABCFGHJKLPT" &&
    areDigits(text.substring(5, 9)) && text.substring(5, 9) !in setOf("0000", "1111") && text[9] in Unicode.alphabetic

/** Brazil, individuals: 11 digits of which two check the others modulo 11. */
internal fun isCpf(text: String): Boolean = isNumber(text, 11) &&
    weighted(text, 10 downTo 2) * 10 % 11 % 10 == text[9].digitToInt() &&
    weighted(text, 11 downTo 2) * 10 % 11 % 10 == text[10].digitToInt()

/** Canada, social insurance number: 9 digits, the first not 0 or 8, Luhn. */
internal fun isSin(text: String): Boolean = isNumber(text, 9) && text[0] !in "08" && luhn(text)

/** Australia, tax file number: 9 digits (8 in old ones), weighted sum a multiple of 11. Source: ATO. */
internal fun isTfn(text: String): Boolean = when {
    isNumber(text, 8) -> weighted(text, 10, 7, 8, 4, 6, 3, 5, 1) % 11 == 0
    else -> isNumber(text, 9) && weighted(text, 1, 4, 3, 7, 5, 8, 6, 9, 10) % 11 == 0
}

/** Australia, Medicare card: 10 or 11 digits, the first 2 to 6, the ninth a weighted sum modulo 10. */
internal fun isMedicare(text: String): Boolean = isNumber(text, 10, 11) && text[0] in '2'..'6' &&
    weighted(text, 1, 3, 7, 9, 1, 3, 7, 9) % 10 == text[8].digitToInt()

/** Singapore, NRIC and FIN: a letter of series, 7 digits, a check letter. */
internal fun isNric(text: String): Boolean {
    val shift = text.firstOrNull()?.let { NRIC_SHIFTS[it] }
    if (text.length != 9 || shift == null || !areDigits(text.substring(1, 8))) return false
    val rest = (weighted(text.substring(1, 8), 2, 7, 6, 5, 4, 3, 2) + shift) % 11
    return text[8] ==
        when (text[0]) {
            'S', 'T' -> "JZIHGFEDCBA"[rest]
            'M' -> "KLJNPQRTUWX"[10 - rest]
            else -> "XWUTRQPNMLK"[rest]
        }
}

/** China, resident identity card: 17 digits with the date of birth, a check character. Source: GB 11643-1999. */
internal fun isResidentId(text: String): Boolean {
    if (text.length != RESIDENT_ID_LENGTH || !areDigits(text.take(17))) return false
    val year = text.number(6, 10)
    val sum = weighted(text.take(17), 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return isDay(year, text.number(10, 12), text.number(12, 14)) && year in 1801..2099 &&
        "10X98765432"[sum % 11] == text[17]
}

/** South Korea, registration number: 13 digits with the date of birth; the check digit ended in October 2020. */
internal fun isRrn(text: String): Boolean {
    if (!isNumber(text, 13) || !isDay(text.number(0, 2), text.number(2, 4), text.number(4, 6))) return false
    val check = (11 - weighted(text, 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5) % 11) % 10
    return check == text[12].digitToInt() || (text[6] in "3478" && text.number(0, 4) >= 2010)
}

/** Japan, individual number: 12 digits, the last a weighted sum modulo 11. Source: Act on the use of numbers, 2014. */
internal fun isMyNumber(text: String): Boolean {
    if (!isNumber(text, 12)) return false
    val rest = weighted(text, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11
    return text[11].digitToInt() == if (rest <= 1) 0 else 11 - rest
}

/** Mexico, population registry code: 18 letters and digits with the date of birth, a check digit. */
internal fun isCurp(text: String): Boolean {
    if (text.length != CURP_LENGTH || text.any { it.code >= 0x80 }) return false
    if (!Unicode.alphabetic.all(text.take(4)) || !areDigits(text.substring(4, 10) + text[17])) return false
    val sum = text.take(17).withIndex().sumOf { (index, character) -> CURP.indexOf(character) * (18 - index) }
    return isDay(text.number(4, 6), text.number(6, 8), text.number(8, 10)) &&
        (10 - sum % 10) % 10 == text[17].digitToInt()
}

/** Chile, tax and identity number: 7 or 8 digits, a check character modulo 11. */
internal fun isRut(text: String): Boolean {
    if (text.length !in 8..9 || !areDigits(text.dropLast(1))) return false
    val sum = text.dropLast(1).reversed().withIndex().sumOf { (index, digit) -> digit.digitToInt() * (2 + index % 6) }
    return text.last() == "0123456789K"[(11 - sum % 11) % 11]
}

/** Turkey: 11 digits, the first not 0, of which two check the others. */
internal fun isTckn(text: String): Boolean {
    if (!isNumber(text, 11) || text[0] == '0') return false
    val tenth = (weighted(text, 7, -1, 7, -1, 7, -1, 7, -1, 7)).mod(10)
    return text[9].digitToInt() == tenth && text[10].digitToInt() == text.take(10).sumOf { it.digitToInt() } % 10
}

/** South Africa: 13 digits with the date of birth, citizenship 0 to 2, Luhn. */
internal fun isSouthAfricanId(text: String): Boolean = isNumber(text, 13) &&
    isDay(text.number(0, 2), text.number(2, 4), text.number(4, 6)) && text[10] in '0'..'2' && luhn(text)

private fun areDigits(text: String): Boolean = text.all { it in '0'..'9' }

/** By the names that the rules use. */
internal val NATIONAL_IDS: Map<String, (String) -> Boolean> =
    mapOf(
        "aadhaar" to ::isAadhaar,
        "cpf" to ::isCpf,
        "curp" to ::isCurp,
        "medicare" to ::isMedicare,
        "my_number" to ::isMyNumber,
        "nric" to ::isNric,
        "pan" to ::isPan,
        "resident_id" to ::isResidentId,
        "rrn" to ::isRrn,
        "rut" to ::isRut,
        "sin" to ::isSin,
        "south_african_id" to ::isSouthAfricanId,
        "tckn" to ::isTckn,
        "tfn" to ::isTfn,
    )
