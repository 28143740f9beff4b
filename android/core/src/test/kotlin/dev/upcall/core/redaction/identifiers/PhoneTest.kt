package dev.upcall.core.redaction.identifiers

import dev.upcall.core.InputError
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.CsvSource
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse

class PhoneTest {
    private fun numbers(text: String, vararg regions: String): Set<String> =
        phonePlaces(text, 0, text.length, regions.toList()).map { it.of(text) }.toSet()

    @Test
    fun `regions in any case without repeats`() {
        assertEquals(listOf("US", "DE"), checkedRegions(listOf("us", "US", "de")))
        val error = assertFailsWith<InputError> { checkedRegions(listOf("US", "XX")) }
        assertContains(error.problem, "numbering plan: 1 of 2")
    }

    @Test
    fun `numbers of two regions side by side, and of none`() {
        val text = "+44 20 7946 0958 212-456-7890"
        assertEquals(setOf("+44 20 7946 0958", "212-456-7890"), numbers(text, "US", "GB"))
        assertEquals(setOf("+44 20 7946 0958"), numbers("+44 20 7946 0958"))
        assertEquals(emptySet(), numbers("12 34 5", "US"))
    }

    @Test
    fun `a number across the border of two windows, and behind characters of two code units`() {
        assertContains(numbers("1".repeat(250) + " +44 20 7946 0958", "GB"), "+44 20 7946 0958")
        assertContains(numbers("😀".repeat(250) + " +44 20 7946 0958", "GB"), "+44 20 7946 0958")
    }

    @ParameterizedTest
    @CsvSource(
        "2124567890, true",
        "07700900123, false",
        "078051120, true",
        "95060-29100, false",
        "16000-1250, true",
        "1800 - 1170, true",
        "18000/900, true",
        "030/901820, false",
        "29.85 261.53 0, true",
        "232-54-108-27.0, true",
        "06.12.34.56.78, false",
        "2124567890 ext. 44, true",
        "07700900123 #44, false",
        "2124567890 доб. 44), true",
        "(212) 456-7890, false",
        "0770090012345678, false",
        "123.456, true",
    )
    fun `plain numbers`(value: String, isPlain: Boolean) {
        assertEquals(isPlain, isPlain(value))
        assertFalse(isPlain("+$value"))
    }
}
