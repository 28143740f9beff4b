package dev.upcall.core.redaction

import dev.upcall.core.redaction.patterns.SearchPattern
import java.nio.ByteBuffer
import java.nio.charset.CharacterCodingException
import java.util.Base64

private val LIMITS = limits("disguises")

/** Characters of an encoded token that are decoded; what follows is covered with them, but not looked at. */
internal val LONGEST_TOKEN: Int = LIMITS.getValue("longest_token")

private val SHORTEST_TOKEN = LIMITS.getValue("shortest_token") // nine characters in base 64
private const val FEWEST_IN_GROUP = 2 // characters of base 64 that hold a byte
private const val GROUP = 4

/**
 * A token that holds text.
 *
 * @property place of the token.
 * @property text in it.
 */
internal class Decoded(val place: Place, val text: String)

/**
 * Finds text that is encoded.
 *
 * @param base64 a token that may be base 64, also in lines.
 * @param hexadecimal a token that may be text in hexadecimal.
 */
internal class Encodings(private val base64: SearchPattern, private val hexadecimal: SearchPattern) {
    /** Tokens that hold text, with it: valid UTF-8 without control characters. */
    fun decoded(text: String): List<Decoded> = buildList {
        for (place in hexadecimal.places(text)) {
            val token = text.substring(place.start, minOf(place.end, place.start + LONGEST_TOKEN))
            val inside = decodedText(fromHexadecimal(token))
            if (inside.isNotEmpty()) add(Decoded(place, inside))
        }
        for (place in base64.places(text).flatMap { wrapped(text, it) }) {
            for (piece in pieces(text.substring(place.start, minOf(place.end, place.start + LONGEST_TOKEN)))) {
                val inside = decodedText(fromBase64(piece))
                if (inside.isNotEmpty()) add(Decoded(place, inside))
            }
        }
    }
}

/** The class of base 64 takes in paths and words with hyphens, of which one piece may be the token. */
private fun pieces(token: String): Set<String> =
    linkedSetOf(token) + token.split('+', '/', '_', '-').filter { it.length >= SHORTEST_TOKEN }

/** Runs of lines of one length, each with a last line that is not longer: what one encoder wrote. */
private fun wrapped(text: String, found: Place): List<Place> = buildList {
    val lines = lines(text, found.start, found.end)
    var first = 0
    while (first < lines.size) {
        val length = lines[first].length
        var last = first
        while (last + 1 < lines.size && lines[last].length == length && lines[last + 1].length <= length) last++
        // The last one may be a word of the text that follows.
        if (last > first && lines[last].length < length) add(Place(lines[first].start, lines[last - 1].end))
        add(Place(lines[first].start, lines[last].end))
        first = last + 1
    }
}

private fun lines(text: String, start: Int, end: Int): List<Place> = buildList {
    var from = start
    for (index in start..end) {
        if (index < end && (text[index].isAsciiAlphanumeric() || text[index] in "+/_=-")) continue
        if (index > from) add(Place(from, index))
        from = index + 1
    }
}

private fun fromBase64(token: String): ByteArray {
    val plain = token.filter { it.isAsciiAlphanumeric() || it in "+/-_" }.replace('-', '+').replace('_', '/')
    val whole = if (plain.length % GROUP < FEWEST_IN_GROUP) plain.length - plain.length % GROUP else plain.length
    return Base64.getDecoder().decode(plain.substring(0, whole))
}

private fun fromHexadecimal(token: String): ByteArray =
    ByteArray(token.length / 2) { token.substring(2 * it, 2 * it + 2).toInt(HEXADECIMAL).toByte() }

private fun decodedText(data: ByteArray): String = try {
    val text = Charsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(data)).toString()
    if (text.all { it >= ' ' || it in "\t\r\n" }) text else ""
} catch (_: CharacterCodingException) {
    ""
}
