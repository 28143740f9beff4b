package dev.upcall.core.redaction.structure

import org.junit.jupiter.api.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class MarkupTest {
    @Test
    fun `values have their label`() {
        val labels =
            mapOf(
                "<table><tr><th>Name<th>Phone<tr><td>a<td>12345<tr><td>b<td>67890</table>" to "Phone",
                "<table><tr><td>Name</td><td>Phone</td></tr><tr><td>a</td><td><b>12345</b></td></tr>" +
                    "<tr><td>b</td><td> 67890 </td></tr></table>" to "Phone",
                "<table><tr><th>Phone</th><td>12345</td><td>67890</td></tr></table>" to "Phone",
                "<h2>Phones</h2><ul><li>12345</li><li>67890</li></ul>" to "Phones",
                "<phones><item>12345</item><item>67890</item></phones>" to "phones",
            )
        for ((text, label) in labels) {
            assertEquals(listOf("12345", "67890"), markupColumns(text, LABELS).values(text, label), text)
        }
    }

    @Test
    fun `the length of a tag is counted in code points`() {
        fun text(signs: Int) = "<phone a=\"${"😀".repeat(signs)}\">12345</phone>"
        assertEquals(listOf("12345"), markupColumns(text(396), LABELS).values(text(396), "phone"))
        assertEquals(emptyList(), markupColumns(text(397), LABELS))
    }

    @Test
    fun `broken markup does no harm`() {
        val broken =
            listOf("<td>".repeat(999), "<".repeat(999), "</table>".repeat(99), "<tr></tr><td", "a < b > c </d>")
        for (text in broken) {
            assertTrue(
                markupColumns(text, LABELS).all { column ->
                    column.cells.all { it.length >= 0 }
                },
            )
        }
    }
}
