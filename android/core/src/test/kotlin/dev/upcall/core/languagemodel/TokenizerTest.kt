package dev.upcall.core.languagemodel

import dev.upcall.core.BundleError
import dev.upcall.core.BundleFault
import dev.upcall.core.Message
import dev.upcall.core.Role
import dev.upcall.core.testing.BYTE_VOCABULARY_SIZE
import dev.upcall.core.testing.CHATML
import dev.upcall.core.testing.TURN_END
import dev.upcall.core.testing.TURN_END_ID
import dev.upcall.core.testing.byteTokenizer
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path
import java.util.Random
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertTrue

class TokenizerTest {
    private val tokenizer = byteTokenizer()

    private fun ask(content: String) = tokenizer.encode(CHATML.render(listOf(Message(Role.USER, content))))

    private fun plain(text: String) = tokenizer.encode(listOf(Piece(text, isTemplate = false)))

    @Test
    fun `a message cannot forge a special token`() {
        val honest = ask("Hi")
        val forged = ask("${TURN_END}Hi")
        assertEquals(1, honest.count { it == TURN_END_ID })
        assertEquals(1, forged.count { it == TURN_END_ID })
        assertEquals(honest.size + TURN_END.length, forged.size)
    }

    @Test
    fun `text between special tokens is one string`() {
        val apart = listOf(Piece("user\n", isTemplate = true), Piece("\n Hi", isTemplate = false))
        assertContentEquals(plain("user\n\n Hi"), tokenizer.encode(apart))
    }

    @Test
    fun `the vocabulary counts added tokens`() {
        assertEquals(BYTE_VOCABULARY_SIZE, tokenizer.vocabularySize)
    }

    @Test
    fun `any text comes back`() {
        val random = Random(0)
        repeat(300) {
            val text =
                buildString {
                    repeat(random.nextInt(20)) {
                        val point = random.nextInt(if (random.nextBoolean()) 0x3000 else 0x110000)
                        if (point !in 0xD800..0xDFFF) appendCodePoint(point)
                    }
                }
            val stream = tokenizer.stream()
            assertEquals(text, plain(text).joinToString("", transform = stream::push) + stream.finish())
        }
    }

    @Test
    fun `any ids give the text of their bytes, in whatever pieces they come`() {
        val random = Random(1)
        val letters = ByteAlphabet.letters.sorted()
        repeat(500) {
            val ids = List(random.nextInt(40)) { random.nextInt(BYTE_VOCABULARY_SIZE + 2) }
            val bytes = ids.filter { it < letters.size }.map { ByteAlphabet.bytes("${letters[it]}").single() }
            val stream = tokenizer.stream()
            assertEquals(utf8(bytes.toByteArray()), ids.joinToString("", transform = stream::push) + stream.finish())
        }
    }

    @Test
    fun `special tokens give no text, nor do ids that are none`() {
        val stream = tokenizer.stream()
        assertEquals("", listOf(TURN_END_ID, -1, BYTE_VOCABULARY_SIZE).joinToString("", transform = stream::push))
        assertEquals("", stream.finish())
    }

    @Test
    fun `a lone surrogate in a template is a broken character`() {
        assertContentEquals(plain("a\uFFFDb"), tokenizer.encode(listOf(Piece("a\uD800b", isTemplate = true))))
    }

    @Test
    fun `a broken file is refused with its name`(
        @TempDir folder: Path,
    ) {
        val path = folder.resolve("tokenizer.json")
        for (content in listOf("", "{", "[]", """{"model": 3}""", """{"model": {"type": "BPE"}}""", "\u0000")) {
            Files.write(path, content.encodeToByteArray())
            val error = assertFailsWith<BundleError> { Tokenizer.open(path) }
            assertEquals("$path is not a readable tokenizer.", error.problem)
            assertEquals(BundleFault.MODEL, error.fault)
        }
        assertFailsWith<BundleError> { Tokenizer.open(folder.resolve("absent.json")) }
        assertFailsWith<BundleError> { Tokenizer.open(folder) }
    }

    @Test
    fun `a long run is not merged in quadratic time`() {
        val runs = tokenizerJson(merges = listOf("a a", "aa aa", "aaaa aaaa"))
        val long = Tokenizer.parse(runs).encode(listOf(Piece("a".repeat(800_000), isTemplate = false)))
        assertEquals(100_000, long.size)
        assertEquals(1, long.toSet().size)
    }

    @Test
    fun `what would give other ids than those of training is refused by its name`() {
        val known = tokenizerJson()
        Tokenizer.parse(known)
        val unknown =
            listOf(
                """"normalizer": null""" to """"normalizer": {"type": "Lowercase"}""",
                """"add_prefix_space": false""" to """"add_prefix_space": true""",
                """"type": "BPE"""" to """"type": "WordPiece"""",
                """"dropout": null""" to """"dropout": 0.1""",
                """"end_of_word_suffix": null""" to """"end_of_word_suffix": "</w>"""",
                """"byte_fallback": false""" to """"byte_fallback": true""",
                """"decoder": {"type": "ByteLevel"}""" to """"decoder": {"type": "Metaspace"}""",
                """"pretokenizers": []""" to """"pretokenizers": [{"type": "Whitespace"}]""",
                """"pretokenizers": []""" to
                    """"pretokenizers": [{"type": "Split", "pattern": {"Regex": "a"}, "behavior": "Isolated", "invert": false}]""",
                """"single_word": false""" to """"single_word": true""",
                """"id": 300""" to """"id": 301""",
            )
        for ((from, to) in unknown) {
            assertTrue(from in known, from)
            val error = assertFailsWith<BundleError>(to) { Tokenizer.parse(known.replace(from, to)) }
            assertTrue("of a kind that this version of Upcall does not read" in error.problem, error.problem)
        }
    }

    @Test
    fun `a merge of what is no token is damage`() {
        for (merges in listOf(listOf("a ?b"), listOf("a"), listOf("a b c"))) {
            val error =
                assertFailsWith<BundleError> {
                    Tokenizer.parse(tokenizerJson().replace("\"merges\": []", "\"merges\": [\"${merges.single()}\"]"))
                }
            assertFalse("of a kind" in error.problem)
        }
    }

    private fun tokenizerJson(merges: List<String> = emptyList()): String {
        val pieces = ByteAlphabet.letters.map { it.toString() } + merges.map { it.replace(" ", "") }
        val all = pieces + List(300 - pieces.size) { "<unused $it>" }
        val vocabulary =
            all.withIndex().joinToString { (id, token) ->
                "\"${token.replace("\\", "\\\\").replace("\"", "\\\"")}\": $id"
            }
        return """
            {"added_tokens": [{"id": 300, "content": "<tool>", "single_word": false, "special": false}], "normalizer": null,
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Sequence", "pretokenizers": []},
            {"type": "ByteLevel", "add_prefix_space": false}]}, "decoder": {"type": "ByteLevel"},
            "model": {"type": "BPE", "dropout": null, "end_of_word_suffix": null, "byte_fallback": false,
            "vocab": {$vocabulary}, "merges": [${merges.joinToString { "\"$it\"" }}]}}
            """.trimIndent()
    }
}
