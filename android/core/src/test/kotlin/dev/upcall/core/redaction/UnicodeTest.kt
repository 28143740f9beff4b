package dev.upcall.core.redaction

import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.CsvSource
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class UnicodeTest {
    @ParameterizedTest
    @CsvSource(
        "ABC xyz, abc xyz",
        "ÄÖ, äö",
        "ΌΣΟΣ ΑΣ, όσος ας",
        "Σ, σ",
        "İ, i̇",
        "\u212AELVIN, kelvin",
        "Ⴀ, ⴀ",
        "Å😀, å😀",
    )
    fun `lower case is that of the pinned version`(text: String, lower: String) {
        assertEquals(lower, Unicode.lower(text))
    }

    @ParameterizedTest
    @CsvSource("Straße, strasse", "ΌΣΟΣ, όσοσ", "ſ, s", "ﬁ, fi", "ǅ, ǆ", "plain, plain")
    fun `folded, case does not matter`(text: String, folded: String) {
        assertEquals(folded, Unicode.fold(text))
    }

    @Test
    fun `classes hold what other languages have in them`() {
        assertTrue('٣'.code in Unicode.decimal && '²'.code !in Unicode.decimal && '²'.code in Unicode.digit)
        assertTrue('½'.code in Unicode.alphanumeric && '½'.code !in Unicode.alphabetic)
        assertTrue(0x1E4D0 in Unicode.unassigned, "of Unicode 15")
        assertTrue(0x10597 in Unicode.lowercase, "of Unicode 14, which an older platform does not know")
        assertTrue(0x301 in Unicode.mark && 0x301 in Unicode.combining && 'ª'.code in Unicode.lowercase)
    }

    @Test
    fun `words are parted and bared by white space of any kind`() {
        assertEquals(listOf("a", "b", "c"), Unicode.words("\u2003a\u001Fb \n c\u3000"))
        assertEquals(emptyList(), Unicode.words(" \t"))
        assertEquals("a\u200Bb", Unicode.stripped("\u00A0a\u200Bb\u0085"))
    }
}
