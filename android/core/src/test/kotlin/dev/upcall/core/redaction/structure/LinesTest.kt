package dev.upcall.core.redaction.structure

import org.junit.jupiter.api.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue

class LinesTest {
    @Test
    fun `lines lose marks of quotation and keep their place`() {
        val text = "> > a b \r\n\tc\n\n"
        assertEquals(listOf("a b", "c", "", ""), linesOf(text).map { it.text })
        for (line in linesOf(text)) assertEquals(line.text, text.substring(line.low, line.high))
        assertEquals(listOf(0, 10, 13, 14), linesOf(text).map { it.start })
    }

    @Test
    fun `drawn lines are rules`() {
        val rules =
            listOf(
                "---",
                "|---|:--:|",
                "+====+====+",
                "├────┼────┤",
                "\\hline",
                "\\cline{1-2} \\hline",
                "----  -----",
                "====  ====",
            )
        for (line in rules) assertTrue(linesOf(line).single().isRule, line)
    }

    @Test
    fun `other lines are no rules`() {
        val others = listOf("", "a", "- a", "12", "-", "--x", "1-2", "\\", "\\hline x", "\\hline{")
        for (line in others) assertFalse(linesOf(line).single().isRule, line)
    }
}
