package dev.upcall.core.redaction.structure

import org.junit.jupiter.api.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertNull
import kotlin.test.assertTrue

class LabelsTest {
    @Test
    fun `labels that count are read as plain words`() {
        val plain =
            mapOf(
                "phoneNumber" to "phone Number",
                "SSN_No" to "SSN No",
                "SSNs" to "SSN",
                "**Phone** (home)" to "Phone",
                "\\textbf{Passport}" to "Passport",
                "user.phone" to "user phone",
                "Patient IDs" to "Patient IDs",
                "Телефон" to "Телефон",
                "电话" to "电话",
                "DB_PASSWORD" to "DB PASSWORD",
            )
        for ((label, words) in plain) assertEquals(words, LABELS.private(label), label)
    }

    @Test
    fun `labels of something else do not count`() {
        val others =
            listOf(
                "",
                "name",
                "phone count",
                "phone_verified_at",
                "call id",
                "office",
                "f(token",
                "a = token",
                "phone 2024-01",
                "x".repeat(99),
            )
        for (label in others) assertNull(LABELS.private(label), label)
    }

    @Test
    fun `the longest label is counted in code points`() {
        assertEquals("phone", LABELS.private("(" + "😀".repeat(40) + ") phone"))
        assertNull(LABELS.private("(" + "😀".repeat(41) + ") phone"))
    }

    @Test
    fun `more labels than are remembered are told apart`() {
        repeat(10_000) { LABELS.private("other ${word(it)}") }
        assertEquals("phone", LABELS.private("phone"))
        assertNull(LABELS.private("other ${word(0)}"))
    }

    @Test
    fun `a label may stand within a sentence`() {
        assertContains(LABELS.within("Here are all of the phone numbers that we have of the team").orEmpty(), "phone")
        assertNull(LABELS.within("Here are all of the phone models that we have of the team"))
    }

    @Test
    fun `general keys take the name above them`() {
        assertTrue(LABELS.isGeneral("home_number"))
        assertTrue(LABELS.isGeneral("number 1"))
        assertFalse(LABELS.isGeneral("duration"))
    }
}

private fun word(number: Int): String = number.toString().map { 'a' + (it - '0') }.joinToString("")
