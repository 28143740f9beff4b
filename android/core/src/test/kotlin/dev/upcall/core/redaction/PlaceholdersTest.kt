package dev.upcall.core.redaction

import org.junit.jupiter.api.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue

class PlaceholdersTest {
    private fun found(text: String, inWord: Boolean = false) =
        findPlaceholders(text, inWord).map { Triple(it.start, it.end, it.minted) }

    private fun RandomTexts.spelling(): Pair<String, String> {
        fun gap() = one(listOf("", " ", "  ", "\n", "\r\n"))

        fun line() = gap() + one(listOf("_", "\\_")) + gap()
        val type = one(EntityType.entries)
        val number = number(1, LAST_NUMBER + 1)
        val nonce = "${one("09azAZkK".toList())}${one("09azAZkK".toList())}"

        fun letter(letter: Char) = one(if (letter == '_') listOf("_", "\\_") else listOf("$letter", letter.lowercase()))
        val name = type.name.map(::letter)
        val middle = gap() + name.joinToString("") + line() + number + line() + nonce + gap()
        val written = one(listOf("[[", "\\[\\[")) + middle + one(listOf("]]", "\\]\\]"))
        return written to placeholder(type, number, nonce.lowercase())
    }

    @Test
    fun `every spelling is read`() = forRandomTexts {
        val (written, minted) = spelling()
        assertEquals(listOf(Triple(1, 1 + written.length, minted)), found("[$written]"))
        assertTrue(written.length <= LONGEST_PLACEHOLDER)
    }

    @Test
    fun `every beginning is held back`() = forRandomTexts {
        val (written) = spelling()
        val before = characters().filter { it != '[' && it != '\\' }
        for (length in 1 until written.length) {
            assertEquals(before.length, unfinishedFrom(before + written.take(length)))
        }
        assertEquals((before + written).length, unfinishedFrom(before + written))
    }

    @Test
    fun `the longest placeholder fits the cap`() {
        val written = "\\[\\[  DRIVER\\_LICENCE  \\_  999999  \\_  k7  \\]\\]"
        assertEquals(LONGEST_PLACEHOLDER, written.length)
        assertEquals(0, unfinishedFrom(written.dropLast(1)))
    }

    @Test
    fun `what cannot become one is let go`() {
        val texts =
            "|a|]|[a|[[1|[[EMAILS|[[EMAIL_0|[[EMAIL_1_k77|[[EMAIL_1_k7]x|xEMAIL_1_k7|éxEMAIL".split('|') +
                "[[EMAIL_1000000|[[CREDIT\\X|[[EMAIL   |[\\[EMAILS".split('|')
        for (text in texts) assertEquals(text.length, unfinishedFrom(text), text)
    }

    @Test
    fun `every beginning without brackets is held back`() {
        for (written in listOf("EMAIL_1_k7", "IP_ADDRESS_999999_00")) {
            for (length in 1..written.length) {
                val begun = written.take(length)
                assertEquals(2, unfinishedFrom("a $begun"))
                assertEquals(0, unfinishedFrom(begun))
                assertEquals(length, unfinishedFrom(begun, inWord = true))
            }
            assertEquals(written.length + 1, unfinishedFrom("$written "))
        }
    }

    @Test
    fun `a long word is not held back`() {
        assertEquals(105, unfinishedFrom("x".repeat(100) + "EMAIL"))
        assertEquals(100, unfinishedFrom("_".repeat(100)))
    }

    @Test
    fun `without brackets it stands alone and is written as minted`() {
        assertEquals(listOf(Triple(0, 10, "[[EMAIL_1_k7]]")), found("EMAIL_1_k7"))
        assertEquals(emptyList(), found("EMAIL_1_k7", inWord = true))
        assertEquals(listOf(Triple(2, 12, "[[EMAIL_1_k7]]")), found("x EMAIL_1_k7", inWord = true))
        assertEquals(listOf(Triple(1, 11, "[[EMAIL_1_k7]]")), found("éEMAIL_1_k7é"))
        for (other in listOf("email_1_k7", "EMAIL_1_K7", "EMAIL\\_1_k7", "EMAIL_1_k77", "_EMAIL_1_k7", "EMAIL_1_k7_")) {
            assertEquals(emptyList(), found(other), other)
        }
    }

    @Test
    fun `planted ones are found in longer words`() {
        assertEquals(
            listOf(
                Triple(1, 16, listOf("[[IP_ADDRESS_1_k7]]", "[[ADDRESS_1_k7]]")),
                Triple(18, 34, listOf("[[EMAIL_2_k7]]")),
            ),
            plantedPlaceholders("xIP_ADDRESS_1_k77 [[ email_2_K7 ]]").map { Triple(it.start, it.end, it.forms) },
        )
        assertEquals(0, plantedPlaceholders("EMAIL_x_k7 and email_1_k7").size)
    }

    @Test
    fun `blanking keeps the length`() {
        assertEquals("a " + "\u0000".repeat(14) + " b", blankPlaceholders("a [[EMAIL_1_k7]] b"))
        assertEquals("[[EMAIL_1]]", blankPlaceholders("[[EMAIL_1]]"))
    }

    @Test
    fun `surrogates do no harm`() {
        assertEquals(listOf(Triple(1, 15, "[[EMAIL_1_k7]]")), found("\uD800[[EMAIL_1_k7]]"))
        assertEquals(5, unfinishedFrom("[[EM\uDFFF"))
    }

    @Test
    fun `other letters are none of them, though they fold to one`() {
        assertEquals(
            emptyList(),
            found("[[EMA\u0130L_1_k7]] [[EMAIL_1_\u212A7]] [[EMAIL_\uFF11_k7]] [[U\u017F_SSN_1_k7]]"),
        )
        assertEquals(7, unfinishedFrom("[[BAN\u212A_"))
    }

    @Test
    fun `a nonce is two small letters or digits`() {
        assertTrue(isNonce("k7"))
        for (other in listOf("", "k", "k7a", "K7", "k ", "k7\n", "\uFF4B7")) assertFalse(isNonce(other), other)
    }
}
