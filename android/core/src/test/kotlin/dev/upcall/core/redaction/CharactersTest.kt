package dev.upcall.core.redaction

import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.CsvSource
import org.junit.jupiter.params.provider.ValueSource
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFails
import kotlin.test.assertFalse
import kotlin.test.assertNull
import kotlin.test.assertTrue

class CharactersTest {
    private val table = loadRules().characters

    @ParameterizedTest
    @CsvSource(
        "１２３ ４, 123 4",
        "٠١٢ ۹, 012 9",
        "a\u200bb\u00adc\ufeffd\u2060, abcd",
        "1\u00a02\u20113\u22124, 1 2-3-4",
        "ａ＠ｂ。ｃ, a@b.c",
        "4\u03361\u0336, 41",
        "𝟒𝟏, 41",
        "①❷²,  122",
        "аlicе, alice",
        "4\ufe0f\u20e31\ufe0f\u20e3, 41",
        "𝐚𝓫ª, aba",
    )
    fun `the copy is plain`(text: String, plain: String) {
        assertEquals(plain, table.shadow(text)?.text)
    }

    @ParameterizedTest
    @ValueSource(strings = ["", "plain 123", "Straße 😀", "你好"])
    fun `a plain text has no copy`(text: String) {
        assertNull(table.shadow(text))
    }

    @Test
    fun `places of the copy lead back to the text`() {
        val shadow = table.shadow("x\u200b𝟒\u200b1\u200b")!!
        assertEquals("x41", shadow.text)
        assertEquals(Place(2, 6), shadow.original(1, 3))
    }

    @Test
    fun `what is newer than the pinned Unicode is read by nobody, and keeps its length`() {
        val newer = "\uD839\uDCD0" // U+1E4D0, NAG MUNDARI LETTER O, of Unicode 15
        val readable = table.readable("a$newer\uD800é\u0378😀")
        assertEquals("a\uDB80\uDC00\uFFFDé\uFFFD😀", readable)
        assertFalse(isLetter(readable.codePointAt(1), table.unspaced))
        val text = "${newer}ann.lee@example.com$newer"
        assertEquals(listOf(Span(2, 21, EntityType.EMAIL, "email")), Detector().find(text))
    }

    @Test
    fun `surrogates keep their place`() {
        assertEquals("a\uFFFDb\uFFFD", withoutSurrogates("a\uD800b\uDFFF"))
        assertEquals("\uFFFD😀\uFFFD", withoutSurrogates("\uDE00😀\uD83D"))
    }

    @Test
    fun `letters, digits, marks and the underscore join, but for scripts without spaces`() {
        for (character in listOf("a", "_", "ß", "\u0301", "1", "𝒜")) {
            assertTrue(isLetter(character.codePointAt(0), table.unspaced), character)
        }
        for (character in listOf(" ", "-", "张", "ひ", "ก", "한", "😀", "\ufffd", "\uD800")) {
            assertFalse(isLetter(character.codePointAt(0), table.unspaced), character)
        }
    }

    @Test
    fun `a word is whole where nothing joins it`() {
        assertTrue(isWhole("an ann!", 3, 6, table.unspaced) && isWhole("张ann张", 1, 4, table.unspaced))
        assertFalse(isWhole("annie", 0, 3, table.unspaced) || isWhole("joann", 2, 5, table.unspaced))
        assertFalse(isWhole("𝒜ann", 2, 5, table.unspaced))
    }

    @Test
    fun `broken data is refused`() {
        assertFails { CharacterTable.of(JsonObject(emptyMap()), Unicode.unassigned) }
        val data = mapOf("full_width" to JsonPrimitive("FF01-FF5E"), "drop" to JsonPrimitive(1))
        assertFails { CharacterTable.of(JsonObject(data), Unicode.unassigned) }
    }
}
