package dev.upcall.core.redaction.identifiers

import dev.upcall.core.redaction.loadRules
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertNull
import kotlin.test.assertTrue

class NumbersTest {
    private val rules = loadRules()

    private fun cards(text: String) = cardPlaces(text, 0, text.length, rules.cardPrefixes).map { it.of(text) }

    @Test
    fun `cards in a row, the longest first`() {
        assertEquals(
            listOf("4111111111111111", "5555-5555-5555-4444"),
            cards("4111111111111111 5555-5555-5555-4444 1234"),
        )
        assertEquals(listOf("6205500000000000004"), cards("6205500000000000004"))
    }

    @Test
    fun `no card across a long run, and none for digits below each other`() {
        assertEquals(emptyList(), cards("1".repeat(100_000)))
        assertEquals(emptyList(), cards("4 ".repeat(50_000) + "4"))
        assertEquals(emptyList(), cards("411111\n111111\n1111"))
        assertEquals(listOf("4111\n1111\n1111\n1111"), cards("4111\n1111\n1111\n1111"))
    }

    @Test
    fun `milliseconds of this century are told from cards`() {
        assertTrue(isEpoch("1700000000000"))
        assertFalse(isEpoch("4222222222222") || isEpoch("501800 000009") || isEpoch("9".repeat(19)))
    }

    @ParameterizedTest
    @ValueSource(
        strings = [
            "DE89370400440532013000",
            "de89 3704 0044 0532 0130 00",
            "GB82-WEST-1234-5698-7654-32",
            "DE89 3704 0044\r\n> > 0532 0130 00",
        ],
    )
    fun `an account number ends where it is whole`(text: String) {
        assertEquals(text.length, ibanEnd("$text tail", 0, rules.ibanLengths))
        assertEquals(text.length + 3, ibanEnd("😀 $text", 3, rules.ibanLengths))
    }

    @ParameterizedTest
    @ValueSource(
        strings = ["DE", "DE89", "DE89  3704 0044 0532 0130 00", "DE89ä70400440532013000", "ZZ00", "", "DE89 "],
    )
    fun `what is no account number ends nowhere`(text: String) {
        assertNull(ibanEnd(text, 0, rules.ibanLengths))
    }

    @Test
    fun `an account number sees every wrong digit`() {
        val right = "DE89370400440532013000"
        for (place in right.indices) {
            for (digit in '0'..'9') {
                val wrong = right.replaceRange(place, place + 1, "$digit")
                assertEquals(wrong == right, ibanEnd(wrong, 0, rules.ibanLengths) != null)
            }
        }
    }

    @Test
    fun `areas of social security numbers`() {
        val areas = (0..999).filter { isSsn(it.toString().padStart(3, '0') + "010001") }
        assertEquals((1..899).filter { it != 666 }, areas)
        assertFalse(isSsn("123000001") || isSsn("123010000"))
    }
}
