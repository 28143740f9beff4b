package dev.upcall.core.redaction.structure

import org.junit.jupiter.api.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class ReadingTest {
    @Test
    fun `all kinds in one text`() {
        val text = "name,phone\na,12\nb,34\n\nPhones:\n- 56\n\n{\"phone\": [\"78\"]}\n\n<phone><n>90</n></phone>"
        val found = columnsOf(text, LABELS).filter { "hone" in it.label }
        val values = found.flatMap { column -> column.cells.map { it.of(text) } }.toSet()
        assertTrue(values.containsAll(listOf("12", "34", "56", "78", "90")), values.toString())
    }

    @Test
    fun `JSON in a string, and in a string of that`() {
        for (escapes in listOf(1, 3)) {
            val mark = "\\".repeat(escapes) + '"'
            val text = "\"{${mark}phones$mark: [${mark}12345$mark, ${mark}67890$mark]}\""
            val found = columnsOf(text, LABELS).filter { LABELS.private(it.label) == "phone" }
            val values = found.map { column -> column.cells.map { it.of(text).trim('\\') } }
            assertContains(values, listOf("12345", "67890"), text)
        }
    }

    @Test
    fun `nothing in a text without structure`() {
        assertEquals(emptyList(), columnsOf("", LABELS))
        assertEquals(emptyList(), columnsOf("Call me, please.", LABELS))
    }
}
