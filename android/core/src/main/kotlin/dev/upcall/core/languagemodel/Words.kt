package dev.upcall.core.languagemodel

/**
 * The first tokens of a word, before any are merged, and how they merge.
 *
 * @property ofBytes ids of the 256 bytes; −1 where there is none.
 * @property ofPoints ids of characters, of a tokenizer that cuts words into these and falls back to bytes; null for one of bytes.
 * @property unknown stands for what has no id; −1 drops it.
 * @property fusesUnknown whether several of them in a row are one.
 * @property whole ids of words that are not put together of merges; null where all are.
 */
internal class Symbols(
    val ofBytes: IntArray,
    val ofPoints: Map<Int, Int>?,
    val unknown: Int,
    val fusesUnknown: Boolean,
    val whole: Map<String, Int>?,
    val merges: Merges,
)

/** Encodes the words of one text one after another. */
internal class Words(val text: String, private val symbols: Symbols, private val ids: IntList) {
    private var word = IntArray(64)
    private var count = 0
    private var isAfterUnknown = false

    /** Appends the ids of the word from [start] to [end]. */
    fun add(start: Int, end: Int) {
        val whole = symbols.whole?.get(text.substring(start, end))
        if (whole != null) {
            ids += whole
            return
        }
        count = 0
        isAfterUnknown = false
        if (word.size < MAX_BYTES * (end - start)) word = IntArray(2 * MAX_BYTES * (end - start))
        var at = start
        while (at < end) {
            val point = text.codePointAt(at)
            at += Character.charCount(point)
            val known = symbols.ofPoints?.get(point)
            if (known != null) put(known) else putBytes(point)
        }
        ids.addAll(word, symbols.merges.apply(word, count))
    }

    private fun putBytes(point: Int) {
        when {
            point < 0x80 -> putByte(point)
            point < 0x800 -> {
                putByte(0xC0 or (point shr 6))
                putByte(0x80 or (point and 0x3F))
            }
            point in SURROGATES -> putBytes(REPLACEMENT.code)
            point < 0x10000 -> {
                putByte(0xE0 or (point shr 12))
                putByte(0x80 or (point shr 6 and 0x3F))
                putByte(0x80 or (point and 0x3F))
            }
            else -> {
                putByte(0xF0 or (point shr 18))
                putByte(0x80 or (point shr 12 and 0x3F))
                putByte(0x80 or (point shr 6 and 0x3F))
                putByte(0x80 or (point and 0x3F))
            }
        }
    }

    private fun putByte(byte: Int) {
        val id = symbols.ofBytes[byte]
        if (id >= 0) {
            put(id)
        } else if (symbols.unknown >= 0) {
            if (!isAfterUnknown || !symbols.fusesUnknown) put(symbols.unknown)
            isAfterUnknown = true
        }
    }

    private fun put(id: Int) {
        word[count++] = id
        isAfterUnknown = false
    }

    private companion object {
        const val MAX_BYTES = 3 // of one UTF-16 unit
        val SURROGATES = 0xD800..0xDFFF
    }
}
