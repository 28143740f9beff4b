package dev.upcall.core.languagemodel

/**
 * Bytes as text, what is no UTF-8 as U+FFFD, one for each longest beginning of a character (as WHATWG and Rust have it; the
 * JDK counts otherwise for encoded surrogates).
 */
internal fun utf8(bytes: ByteArray, length: Int = bytes.size): String = decoded(bytes, length, isStrict = false)!!

/** Bytes as text; null where they are no UTF-8. */
internal fun utf8OrNull(bytes: ByteArray, length: Int = bytes.size): String? = decoded(bytes, length, isStrict = true)

private fun decoded(bytes: ByteArray, length: Int, isStrict: Boolean): String? {
    val text = StringBuilder(length)
    var at = 0
    while (at < length) {
        val first = bytes[at].toInt() and 0xFF
        if (first < 0x80) {
            text.append(first.toChar())
            at++
            continue
        }
        val needed = followers(first)
        var point = first and (0x3F shr needed)
        var found = 0
        while (found < needed && at + 1 + found < length) {
            val next = bytes[at + 1 + found].toInt() and 0xFF
            if (next !in if (found == 0) secondBytes(first) else CONTINUATION) break
            point = (point shl 6) or (next and 0x3F)
            found++
        }
        if (needed > 0 && found == needed) {
            text.appendCodePoint(point)
        } else {
            if (isStrict) return null
            text.append(REPLACEMENT)
        }
        at += 1 + found
    }
    return text.toString()
}

private fun followers(first: Int): Int = when (first) {
    in 0xC2..0xDF -> 1
    in 0xE0..0xEF -> 2
    in 0xF0..0xF4 -> 3
    else -> 0
}

/** What may follow a first byte: not all, or there would be overlong forms, surrogates and code points above U+10FFFF. */
private fun secondBytes(first: Int): IntRange = when (first) {
    0xE0 -> 0xA0..0xBF
    0xED -> 0x80..0x9F
    0xF0 -> 0x90..0xBF
    0xF4 -> 0x80..0x8F
    else -> CONTINUATION
}

private val CONTINUATION = 0x80..0xBF

internal const val REPLACEMENT: Char = '\uFFFD'
