package dev.upcall.core.redaction

import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.CsvSource
import org.junit.jupiter.params.provider.ValueSource
import kotlin.test.Test
import kotlin.test.assertEquals

class ChecksTest {
    private val detector = Detector()

    private fun found(text: String): List<String> =
        detector.find(text).map { "${it.entityType} ${text.substring(it.start, it.end)}" }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = [
            "write to ann@example.com.Then|EMAIL ann@example.com",
            "?email=ann@example.com|EMAIL ann@example.com",
            "'ann.lee@example.com'|EMAIL ann.lee@example.com",
            "born: 昭和60年3月4日|DATE_OF_BIRTH 昭和60年3月4日",
            "born 4 March 1985|DATE_OF_BIRTH 4 March 1985",
            "server build 203.0.113.9|IP_ADDRESS 203.0.113.9",
            "at 2001:db8::8a2e:370:7334: ok|IP_ADDRESS 2001:db8::8a2e:370:7334",
            "mac 00:1A:2B:3C:4D:5E|MAC_ADDRESS 00:1A:2B:3C:4D:5E",
            "Full name: Ursula von der Leyden|PERSON Ursula von der Leyden",
            "card 501800 000009|CREDIT_CARD 501800 000009",
            "call +44 20 7946 0958|PHONE +44 20 7946 0958",
            "SSN 536-22-8726|US_SSN 536-22-8726",
        ],
    )
    fun `what is real is found whole`(text: String, expected: String) {
        assertEquals(listOf(expected), found(text))
    }

    @ParameterizedTest
    @ValueSource(
        strings = [
            "icon@2x.png", "git@github.com", "version 203.0.113.9", "std::abc::def", "a[1::2]", "00:00:00:00:00:00",
            "born: 31/02/1985", "Full name: required field", "232-54-27.0", "AB-2125550123",
        ],
    )
    fun `what only looks like it is not found`(text: String) {
        assertEquals(emptyList(), found(text))
    }

    @Test
    fun `an age is at most that of the oldest`() {
        assertEquals(listOf("AGE 47"), found("I am 47 years old"))
        assertEquals(emptyList(), found("I am 470 years old"))
    }
}
