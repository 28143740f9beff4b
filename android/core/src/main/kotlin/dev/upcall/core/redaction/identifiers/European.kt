package dev.upcall.core.redaction.identifiers

import com.google.re2j.Pattern

// National identifiers of Europe: what makes a row of digits and letters one. Separators are removed, letters upper
// case. Each function says whether a text is one; it throws nothing, whatever the ASCII letters and digits. The
// patterns of the rules decide which texts are asked.

private val NINO = Pattern.compile("[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]")
private val NINO_NOT_ALLOTTED = setOf("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")
private val DNI = Pattern.compile("[0-9XYZ][0-9]{7}[A-Z]")
private const val DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
private val HETU = Pattern.compile("[0-9]{6}[+YXWVUABCDEF-]?[0-9]{3}[0-9A-Y]")
private const val HETU_LETTERS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
private val VERSICHERUNGSNUMMER = Pattern.compile("[0-9]{8}[A-Z][0-9]{3}")
private val VERSICHERUNGSNUMMER_WEIGHTS = listOf(2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
private val NIR = Pattern.compile("[1-478][0-9]{5}[0-9AB][0-9]{8}")
private val NIF_BEGINNINGS = setOf("45", "70", "71", "72", "74", "75", "77", "79")
private val PPS = Pattern.compile("[0-9]{7}[A-W][A-IW]?")
private const val PPS_LETTERS = "WABCDEFGHIJKLMNOPQRSTUV"

/** England and Wales, NHS number: 10 digits, the last a weighted sum modulo 11. Source: NHS Data Dictionary. */
internal fun isNhs(text: String): Boolean =
    isNumber(text, 10) && weighted(text, 10 downTo 2) % 11 == (11 - text[9].digitToInt()) % 11

/** United Kingdom, national insurance number: prefix as allotted by HMRC (NIM39110), 6 digits, A to D. */
internal fun isNino(text: String): Boolean = NINO.matches(text) && text.take(2) !in NINO_NOT_ALLOTTED

/** Spain, DNI and NIE: 8 digits, or X, Y or Z and 7 digits, then a check letter modulo 23. */
internal fun isDni(text: String): Boolean {
    if (!DNI.matches(text)) return false
    val first = "XYZ".indexOf(text[0])
    val number = if (first < 0) text.number(0, 8) else (first.toString() + text.substring(1, 8)).toInt()
    return number > 0 && DNI_LETTERS[number % 23] == text[8]
}

/** Poland: 11 digits with the date of birth, a weighted sum modulo 10. */
internal fun isPesel(text: String): Boolean = isNumber(text, 11) &&
    isDay(text.number(0, 2), text.number(2, 4) % 20, text.number(4, 6)) &&
    weighted(text, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1) % 10 == 0

/** Sweden, personal and coordination number: 10 or 12 digits with the date of birth, Luhn over the last ten. */
internal fun isPersonnummer(text: String): Boolean {
    if (!isNumber(text, 10, 12) || (text.length == 12 && text.number(0, 4) !in 1851..2099)) return false
    val short = text.takeLast(10)
    val day = short.number(4, 6)
    return isDay(short.number(0, 2), short.number(2, 4), if (day > 60) day - 60 else day) && luhn(short)
}

/** Norway, birth and D number: 11 digits with the date of birth, two check digits modulo 11. */
internal fun isFodselsnummer(text: String): Boolean {
    if (!isNumber(text, 11)) return false
    val day = text.number(0, 2)
    val month = text.number(2, 4)
    return isDay(text.number(4, 6), if (month > 40) month - 40 else month, if (day > 40) day - 40 else day) &&
        weighted(text, 3, 7, 6, 1, 8, 9, 4, 5, 2, 1) % 11 == 0 &&
        weighted(text, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1) % 11 == 0
}

/** Denmark: 10 digits with the date of birth. The check digit ended in 2007, so only the date can be asked for. */
internal fun isCpr(text: String): Boolean =
    isNumber(text, 10) && isDay(text.number(4, 6), text.number(2, 4), text.number(0, 2))

/** Finland: date of birth, sign of the century, 3 digits, a check character modulo 31. The sign may be missing. */
internal fun isHetu(text: String): Boolean = HETU.matches(text) &&
    isDay(text.number(4, 6), text.number(2, 4), text.number(0, 2)) &&
    HETU_LETTERS[(text.take(6) + text.takeLast(4).take(3)).toInt() % 31] == text.last()

/** Netherlands: 9 digits, weighted sum a multiple of 11 (elfproef). */
internal fun isBsn(text: String): Boolean = isNumber(text, 9) && weighted(text, 9, 8, 7, 6, 5, 4, 3, 2, -1) % 11 == 0

/** Germany, tax identification number: 11 digits, the first not 0, repeated as § 139b AO allows, MOD 11,10. */
internal fun isSteuerId(text: String): Boolean {
    if (!isNumber(text, 11) || text[0] == '0' || !mod1110(text)) return false
    val counts = text.take(10).groupingBy { it }.eachCount().values.sorted()
    return counts.last() in 2..3 && counts.dropLast(1).all { it == 1 }
}

/** Germany, pension insurance: area, date of birth, letter, serial, check digit. Source: VKVV § 4. */
internal fun isVersicherungsnummer(text: String): Boolean {
    if (!VERSICHERUNGSNUMMER.matches(text)) return false
    if (!isDay(text.number(6, 8), text.number(4, 6), text.number(2, 4))) return false
    val digits = text.take(8) + letterNumber(text[8]) + text.substring(9, 11)
    val sum =
        digits
            .asIterable()
            .zip(VERSICHERUNGSNUMMER_WEIGHTS)
            .sumOf { (digit, weight) -> crossSum(digit.digitToInt() * weight) }
    return sum % 10 == text[11].digitToInt()
}

/** France, social security number: sex, year, month, department, 8 digits, a key modulo 97. Source: INSEE. */
internal fun isNir(text: String): Boolean {
    if (!NIR.matches(text)) return false
    val month = text.number(3, 5)
    if (month !in 1..12 && month !in 20..42 && month < 50) return false
    val department =
        when (val given = text.substring(5, 7)) {
            "2A" -> "19"
            "2B" -> "18"
            else -> given
        }
    val number = (text.take(5) + department + text.substring(7, 13)).toLongOrNull() ?: return false
    return 97 - number % 97 == text.number(13, 15).toLong()
}

/** Portugal, tax number: 9 digits, a known first digit, a weighted sum modulo 11. */
internal fun isPortugueseNif(text: String): Boolean {
    if (!isNumber(text, 9) || (text[0] !in "1235689" && text.take(2) !in NIF_BEGINNINGS)) return false
    val rest = weighted(text, 9 downTo 2) % 11
    return text[8].digitToInt() == if (rest < 2) 0 else 11 - rest
}

/** Belgium: 11 digits with the date of birth, a remainder modulo 97 (with 2 before it from 2000). */
internal fun isRijksregisternummer(text: String): Boolean {
    if (!isNumber(text, 11) || text.number(2, 4) % 20 > 12 || text.number(4, 6) > 31) return false
    val number = text.take(9).toLong()
    return text.number(9, 11).toLong() in setOf(97 - number % 97, 97 - (2_000_000_000 + number) % 97)
}

/** Switzerland, social insurance number: 756 and 10 digits, the last by EAN-13. */
internal fun isAhv(text: String): Boolean = isNumber(text, 13) && text.startsWith("756") &&
    weighted(text, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1) % 10 == 0

/** Austria: 10 digits with the date of birth; the fourth checks the others modulo 11. */
internal fun isSvnr(text: String): Boolean =
    isNumber(text, 10) && text[0] != '0' && text.number(4, 6) <= 31 && text.number(6, 8) in 1..15 &&
        weighted(text, 3, 7, 9, 0, 5, 8, 4, 2, 1, 6) % 11 == text[3].digitToInt()

/** Ireland, personal public service number: 7 digits, a check letter, perhaps one more letter. */
internal fun isPps(text: String): Boolean {
    if (!PPS.matches(text)) return false
    val second = text.getOrNull(8)?.takeIf { it != 'W' }?.let { it - 'A' + 1 } ?: 0
    return PPS_LETTERS[(weighted(text.take(7), 8 downTo 2) + 9 * second) % 23] == text[7]
}

/** The place of a letter in the alphabet, in two digits. */
internal fun letterNumber(letter: Char): String = (letter - 'A' + 1).toString().padStart(2, '0')

/** By the names that the rules use. */
internal val EUROPEAN_IDS: Map<String, (String) -> Boolean> =
    mapOf(
        "ahv" to ::isAhv,
        "bsn" to ::isBsn,
        "codice_fiscale" to ::isCodiceFiscale,
        "cpr" to ::isCpr,
        "dni" to ::isDni,
        "fodselsnummer" to ::isFodselsnummer,
        "hetu" to ::isHetu,
        "nhs" to ::isNhs,
        "nino" to ::isNino,
        "nir" to ::isNir,
        "personnummer" to ::isPersonnummer,
        "pesel" to ::isPesel,
        "portuguese_nif" to ::isPortugueseNif,
        "pps" to ::isPps,
        "rijksregisternummer" to ::isRijksregisternummer,
        "steuer_id" to ::isSteuerId,
        "svnr" to ::isSvnr,
        "versicherungsnummer" to ::isVersicherungsnummer,
    )
