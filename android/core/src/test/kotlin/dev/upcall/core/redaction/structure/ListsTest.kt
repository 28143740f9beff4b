package dev.upcall.core.redaction.structure

import org.junit.jupiter.api.Test
import kotlin.test.assertEquals

class ListsTest {
    @Test
    fun `items have their label`() {
        val labels =
            mapOf(
                "Phones:\n- 12345\n- 67890" to "Phones",
                "## Phones\n\n1. 12345\n2. 67890" to "Phones",
                "**Phones:**\n* 12345\n* 67890" to "Phones",
                "> Phones:\n> • 12345\n> • 67890" to "Phones",
                "Phones\n12345\n67890" to "Phones",
                "phones:\n  values:\n    - 12345\n    - 67890" to "phones",
                "[phones]\n12345\n67890" to "phones",
                "These are the phones of us:\n\n12345\n67890" to "These are the phones of us",
                "Phones: 12345, 67890" to "Phones",
                "Phones: 12345 and 67890." to "Phones",
                "The phone numbers are 12345; 67890" to "The phone numbers",
                "Phones: 12345 67890" to "Phones",
                "The **phones** : **12345**, 67890" to "The **phones**",
                "(a) Phones\n- [x] 12345\n- [ ] 67890" to "",
            )
        for ((text, label) in labels) {
            val expected = if (label.isEmpty()) listOf("Phones", "12345", "67890") else listOf("12345", "67890")
            assertEquals(listOf(label to expected), columns(text), text)
        }
    }

    @Test
    fun `another label ends a list`() {
        assertEquals(
            listOf("Phones" to listOf("12345"), "Prices" to listOf("67890")),
            columns("Phones:\n- 12345\nPrices:\n- 67890"),
        )
    }

    @Test
    fun `a sentence ends a list of plain lines`() {
        val sentence = "This goes on with something else, and it is far too long for a value. "
        assertEquals(
            listOf("Phones" to listOf("12345", "67890")),
            columns("Phones:\n12345\n67890\n\n" + sentence.repeat(2)),
        )
    }

    @Test
    fun `values without a label belong together`() {
        assertEquals(listOf("" to listOf("12345", "67890")), columns("12345\n67890\n"))
    }

    @Test
    fun `the longest plain item is counted in code points`() {
        val longest = "😀".repeat(75) + "12345"
        assertEquals(listOf("Phones" to listOf("1", longest)), columns("Phones:\n1\n$longest"))
        assertEquals(listOf("Phones" to listOf("1")), columns("Phones:\n1\n${longest}6"))
    }

    private fun columns(text: String): List<Pair<String, List<String>>> =
        listColumns(linesOf(text), LABELS).map { column -> column.label to column.cells.map { it.of(text) } }
}
