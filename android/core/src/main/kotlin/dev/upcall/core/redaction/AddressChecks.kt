package dev.upcall.core.redaction

import dev.upcall.core.redaction.identifiers.internetAddress

private val LONGEST_EMAIL = CHECK_LIMITS.getValue("longest_email") // 64 characters, 255 of the domain (RFC 5321), the @
private val NEAR = CHECK_LIMITS.getValue("near_characters") // in which a word such as "version" must stand
private const val OPENING = ".'`*_=/{|~-"
private const val LONGEST_NAME = 16 // letters of a parameter before an address
private const val BESIDE = " :=#-\""
private const val MAC_SEPARATORS = ":-."
private const val FEWEST_GROUPS = 4
private const val LONG_GROUP = 3

/** An e-mail address, without the sentence around it. */
internal fun email(candidate: Candidate): List<Place> = with(candidate) {
    val at = text.indexOf('@', start)
    var last = end
    // The last label that can be one ends the address: in `ann@example.com.Then` a sentence begins.
    while (Unicode.lower(text.substring(text.lastIndexOf('.', last - 1) + 1, last)) !in rules.topLevelDomains) {
        last = text.lastIndexOf('.', last - 1)
        if (text.lastIndexOf('.', last - 1) < at) return emptyList()
    }
    var first = assignmentEnd(text, start, at)
    // A full stop or an opening quotation mark before the address is punctuation, not a part of it.
    while (first < at && text[first] in OPENING) first++
    val isAddress =
        first < at && text.codePointCount(first, last) <= LONGEST_EMAIL &&
            Unicode.lower(text.substring(first, last)) !in rule.notPrivate
    if (isAddress) listOf(Place(first, last)) else emptyList()
}

/** Where the name of a parameter ends that stands before an address: `to=ann@example.com`, `?email=ann@example.com`. */
private fun assignmentEnd(text: String, start: Int, end: Int): Int {
    val first = if (start < end && text[start] in "?&#;") start + 1 else start
    var index = first
    while (index < end && (text[index] in 'A'..'Z' || text[index] in 'a'..'z' || text[index] == '_')) index++
    return if (index < end && text[index] == '=' && index - first in 1..LONGEST_NAME) index + 1 else start
}

/** An internet address of either version that is no version of a program and of no network which everybody has. */
internal fun internetAddressPlaces(candidate: Candidate): List<Place> = with(candidate) {
    val first = if (value.startsWith(":") && !value.startsWith("::")) start + 1 else start
    val last = if (value.endsWith(":") && !value.endsWith("::")) end - 1 else end
    val place = Place(first, last)
    val written = place.of(text)
    val numbers = written.split('.')
    val isVersion4 = numbers.size == 4 && ':' !in written
    if (if (isVersion4) hasNumberBeside(text, place) else isInRow(text, place) || !isLongEnough(written)) {
        return emptyList()
    }
    val plain = if (isVersion4) numbers.joinToString(".") { it.trimStart('0').ifEmpty { "0" } } else written
    val address = internetAddress(plain) ?: return emptyList()
    if (rule.networks.any { address in it } || isAfterVersion(this, first)) emptyList() else listOf(place)
}

private fun hasNumberBeside(text: String, place: Place): Boolean {
    val outside =
        listOf(
            text.substring(text.before(place.start, 2), place.start),
            text.substring(place.end, text.after(place.end, 2)),
        )
    return outside.any { '.' in it && Unicode.digit.any(it) }
}

/** Whether a longer row goes on, as in a fingerprint. */
private fun isInRow(text: String, place: Place): Boolean =
    (text.getOrNull(place.start - 1) == ':' && isHexadecimal(text.getOrNull(place.start - 2))) ||
        (text.getOrNull(place.end) == ':' && isHexadecimal(text.getOrNull(place.end + 1)))

private fun isHexadecimal(character: Char?): Boolean =
    character in '0'..'9' || character in 'a'..'f' || character in 'A'..'F'

private operator fun CharRange.contains(character: Char?): Boolean = character != null && character in first..last

/** Whether an address is no name (`abc::def` in C++) and no slice (`1::2` in Python). */
private fun isLongEnough(value: String): Boolean {
    val groups = value.split(':').filter { it.isNotEmpty() }
    return value.any { it in '0'..'9' } && (groups.size >= FEWEST_GROUPS || groups.any { it.length >= LONG_GROUP })
}

private fun isAfterVersion(candidate: Candidate, start: Int): Boolean = with(candidate) {
    val before = Unicode.lower(text.substring(text.before(start, NEAR), start)).trimEnd { it in BESIDE }
    val word = rule.notAfter.firstOrNull { endsWithWord(before, it) } ?: return false
    // A server build is a server: "build" is no word for a version there.
    val owner = before.removeSuffix(word).trimEnd { it in Unicode.space }
    word.startsWith("ver") || rule.notAfterUnless.none(owner::endsWith)
}

/** Whether the last word of a text is this one: "ver" is none in "server". */
private fun endsWithWord(text: String, word: String): Boolean {
    if (!text.endsWith(word)) return false
    val border = text.length - word.length
    return border == 0 || text.codePointBefore(border) !in Unicode.alphabetic
}

/** A hardware address that is no part of a longer row. */
internal fun macAddress(candidate: Candidate): List<Place> = with(candidate) {
    val outside = listOf(text.substring(maxOf(0, start - 2), start), text.substring(end, minOf(text.length, end + 2)))
    val isLonger =
        outside.any { piece ->
            piece.length == 2 && piece.any { it in MAC_SEPARATORS } && piece.any { isHexadecimal(it) }
        }
    val written = value.filterTo(StringBuilder()) { it !in MAC_SEPARATORS }.toSet()
    val isAddress = !isLonger && written.size > 1 && (':' in value || value.any { it in 'a'..'f' || it in 'A'..'F' })
    if (isAddress) listOf(place) else emptyList()
}
