package dev.upcall.core.redaction.identifiers

import java.time.LocalDate
import kotlin.random.Random
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue

class CheckDigitsTest {
    private val random = Random(11)
    private val digits = '0'..'9'

    private fun body() = String(CharArray(random.nextInt(1, 19)) { digits.random(random) })

    @Test
    fun `each method has one check digit and sees every wrong digit`() {
        for (method in listOf<(String) -> Boolean>(::luhn, ::verhoeff, ::mod1110)) {
            repeat(100) {
                val body = body()
                val right = body + digits.single { method(body + it) }
                val place = random.nextInt(right.length)
                val others = (digits - right[place]).map { right.replaceRange(place, place + 1, it.toString()) }
                assertTrue(others.none(method), right)
            }
        }
    }

    @Test
    fun `Verhoeff sees every transposition`() {
        repeat(200) {
            val body = body()
            val right = body + digits.single { verhoeff(body + it) }
            val place = random.nextInt(right.length - 1)
            val swapped = right.replaceRange(place, place + 2, right.substring(place, place + 2).reversed())
            assertEquals(swapped == right, verhoeff(swapped))
        }
    }

    @Test
    fun `examples as published`() {
        assertTrue(listOf("79927398713", "4111111111111111", "0").all(::luhn))
        assertTrue(verhoeff("2363")) // Wikipedia: 236 has the check digit 3
        assertTrue(mod1110("07945")) // ISO/IEC 7064: 0794 has the check digit 5
        assertEquals(21, weighted("123", 1, 10))
        assertEquals(18, crossSum(99))
    }

    @Test
    fun `every day is a day, also of a year of two digits`() {
        generateSequence(LocalDate.of(1901, 1, 1)) { it.plusDays(13) }.takeWhile { it.year < 2100 }.forEach {
            assertTrue(isDay(it.year, it.monthValue, it.dayOfMonth))
            assertTrue(isDay(it.year % 100, it.monthValue, it.dayOfMonth))
        }
        assertFalse(isDay(2023, 2, 29) || isDay(2024, 4, 31) || isDay(2024, 13, 1) || isDay(2024, 0, 1))
        assertFalse(isDay(2024, 1, 0) || isDay(2024, 1, 32))
    }

    @Test
    fun `a number is ASCII digits of a length, not all the same`() {
        assertTrue(isNumber("123", 3) && isNumber("12", 3, 2))
        assertFalse(isNumber("111", 3) || isNumber("12٣", 3) || isNumber("123", 4) || isNumber("", 0))
    }
}
