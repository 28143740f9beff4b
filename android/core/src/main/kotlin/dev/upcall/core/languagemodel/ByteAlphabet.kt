package dev.upcall.core.languagemodel

/** The letters with which byte-level tokenizers write bytes (GPT-2): printable ones for themselves, others from U+0100 on. */
internal object ByteAlphabet {
    private val printable = BooleanArray(BYTES) { it in 0x21..0x7E || it in 0xA1..0xAC || it in 0xAE..0xFF }

    /** The letter of each byte. */
    val letters: CharArray =
        run {
            var others = BYTES
            CharArray(BYTES) { if (printable[it]) it.toChar() else (others++).toChar() }
        }
    private val bytes = letters.withIndex().associate { (byte, letter) -> letter to byte.toByte() }

    /** The bytes of a token, which is taken as it stands if it holds any other letter. */
    fun bytes(token: String): ByteArray {
        val result = ByteArray(token.length)
        for (index in token.indices) result[index] = bytes[token[index]] ?: return token.encodeToByteArray()
        return result
    }

    private const val BYTES = 256
}
