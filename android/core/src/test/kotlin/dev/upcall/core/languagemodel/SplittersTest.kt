package dev.upcall.core.languagemodel

import org.junit.jupiter.api.Test
import kotlin.test.assertEquals

/** The expected pieces are those of the package tokenizers 0.22.2. */
class SplittersTest {
    private fun Splitter.pieces(text: String, limit: Int = text.length): List<String> = buildList {
        var at = 0
        while (at < limit) {
            val end = endOfPiece(text, at, limit)
            add(text.substring(at, end))
            at = end
        }
    }

    @Test
    fun `GPT-2 takes a space to the word that follows`() {
        assertEquals(listOf("a", " ", " b", "\n", "c", "  "), Gpt2Words.pieces("a  b\nc  "))
        assertEquals(listOf("it", "'s", " IT", "'", "S", " '", "s"), Gpt2Words.pieces("it's IT'S 's"))
        assertEquals(listOf("a", "12", "b", " 3½", " --'", "s"), Gpt2Words.pieces("a12b 3½ --'s"))
        assertEquals(listOf("\t\u3000", " x"), Gpt2Words.pieces("\t\u3000 x"))
    }

    @Test
    fun `cl100k takes any sign to the letters that follow, and line ends to what stands before`() {
        val words = Cl100kWords(digits = 3)
        assertEquals(listOf("(a", ")", "\tb", "  \r\n", " ", " c"), words.pieces("(a)\tb  \r\n  c"))
        assertEquals(listOf("it", "'S", " '", "llx", "'LL"), words.pieces("it'S 'llx'LL"))
        assertEquals(listOf("123", "45", " ", "6"), words.pieces("12345 6"))
        assertEquals(listOf("a", " !\n\n", " \n", "  "), words.pieces("a !\n\n \n  "))
        assertEquals(listOf("it", "'ſ", "😀a𝕏"), words.pieces("it'ſ😀a𝕏"))
        assertEquals(listOf("İ", "'s", "x"), words.pieces("İ'sx"))
        assertEquals(listOf("1", "2", "3"), Cl100kWords(digits = 1).pieces("123"))
    }

    @Test
    fun `digits stand apart, together or each alone`() {
        assertEquals(listOf("a", "12½", "b", "3"), DigitRuns(areSingle = false).pieces("a12½b3"))
        assertEquals(listOf("a", "1", "2", "½", "b", "3"), DigitRuns(areSingle = true).pieces("a12½b3"))
    }

    @Test
    fun `a literal stands alone or ends the piece before it`() {
        assertEquals(listOf("a", " ", " ", "b", " ", "c"), LiteralSplitter(" ", isMerged = false).pieces("a  b c"))
        assertEquals(listOf("a ", " ", "b ", "c"), LiteralSplitter(" ", isMerged = true).pieces("a  b c"))
    }

    @Test
    fun `nothing beyond the limit is looked at`() {
        for (splitter in listOf(Gpt2Words, Cl100kWords(1), DigitRuns(false), LiteralSplitter("bc", false))) {
            for (text in listOf("a  bc", "'rex", "a\r\n\r\nb", "12a", "😀😀", "a b'll")) {
                for (limit in 1..text.length) {
                    if (text[limit - 1].isHighSurrogate()) continue
                    assertEquals(splitter.pieces(text.take(limit)), splitter.pieces(text, limit), "$text to $limit")
                }
            }
        }
    }

    @Test
    fun `letters newer than the platform's tables are letters`() {
        val newer = String(Character.toChars(0x31350)) + String(Character.toChars(0x1E4D0)) // Unicode 15
        assertEquals(listOf("a$newer"), Gpt2Words.pieces("a$newer"))
        val digit = String(Character.toChars(0x1E4F0))
        assertEquals(listOf("a", digit), Cl100kWords(digits = 1).pieces("a$digit"))
    }
}
