package dev.upcall.core.redaction.names

import dev.upcall.core.RedactionError
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse

class WordPieceTest {
    private val file =
        """
        {"normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
         "strip_accents": null, "lowercase": true}, "pre_tokenizer": {"type": "BertPreTokenizer"}, "model": {"type": "WordPiece",
         "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
         "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "anna": 3, "##s": 4}}}
        """.trimIndent()

    @Test
    fun `places are those of the text as given`() {
        val encoding = WordPiece(file.encodeToByteArray()).encode("\uD83D\uDE00 Ánna\u0301s")
        assertEquals(listOf(1L, 0L, 3L, 4L, 2L), encoding.ids.toList())
        assertEquals(listOf(0, 3, 8), encoding.starts.toList())
        assertEquals(listOf(2, 7, 9), encoding.ends.toList())
    }

    @Test
    fun `a long text is read in one go`() {
        val text = "Annas ".repeat(100_000)
        assertEquals(200_002, WordPiece(file.encodeToByteArray()).encode(text).ids.size)
    }

    @Test
    fun `other tokenizers are refused`() {
        val others =
            listOf(
                "" to "",
                "{" to "[",
                "\"WordPiece\"" to "\"BPE\"",
                "\"BertNormalizer\"" to "\"NFC\"",
                "\"lowercase\": true" to "\"lowercase\": false",
                "\"strip_accents\": null" to "\"strip_accents\": false",
                "\"BertPreTokenizer\"" to "\"Whitespace\"",
                "\"unk_token\": \"[UNK]\"" to "\"unk_token\": \"[UNKNOWN]\"",
                "\"[CLS]\"" to "\"[cls]\"",
                "\"anna\": 3" to "\"anna\": \"secret\"",
            )
        for ((from, to) in others) {
            val given = if (from.isEmpty()) to else file.replaceFirst(from, to)
            val error = assertFailsWith<RedactionError>(to) { WordPiece(given.encodeToByteArray()) }
            assertContains(error.problem, "tokenizer of the name model")
            assertFalse("secret" in error.toString())
        }
        assertFailsWith<RedactionError> { WordPiece(byteArrayOf(0xFF.toByte())) }
    }
}
