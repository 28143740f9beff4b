package dev.upcall.core.redaction.structure

import org.junit.jupiter.api.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class NestedTest {
    @Test
    fun `values have the label above them`() {
        val labels =
            mapOf(
                """{"phones": ["12345", 67890]}""" to "phones",
                "phones = ['12345', '67890']" to "phones",
                "phones: list[str] = [\n  '12345',\n  '67890',\n]" to "phones",
                """String[] phones = new String[] {"12345", "67890"};""" to "phones",
                "phones <- c('12345', '67890')" to "phones",
                """{"columns": ["name", "phone"], "data": [["ann", "12345"], ["bo", "67890"]]}""" to "phone",
                """{"data": [["ann", "12345"], ["bo", "67890"]], "columns": ["name", "phone"]}""" to "phone",
                """{"schema": {"fields": [{"name": "n"}, {"name": "phone"}]},""" +
                    """ "rows": [["a", 12345], ["b", 67890]]}""" to "phone",
                """[["name", "phone"], ["ann", "12345"], ["bo", "67890"]]""" to "phone",
                "INSERT INTO t (name, phone) VALUES ('ann', '12345'),\n ('bo', '67890');" to "phone",
                "SELECT * FROM t WHERE phone IN ('12345', '67890')" to "phone",
                """{"phones": [{"number": "12345"}, {"number": "67890"}]}""" to "phones number",
                """[{"contact": {"phone": "12345"}}, {"contact": {"phone": "67890"}}]""" to "phone",
            )
        for ((text, label) in labels) {
            assertEquals(listOf("12345", "67890"), cells(text, label).takeLast(2), text)
        }
    }

    @Test
    fun `references, calls and measures are no values`() {
        val others =
            listOf(
                "password: \${NAME_1}",
                "password: {{ vault_1 }}",
                "password = get_secret(name1)",
                "password = form['password1']",
                """{"phones": {"count": 12345}}""",
                """{"phone_logs": [{"duration": 12345}]}""",
            )
        for (text in others) {
            assertTrue(nestedColumns(text, LABELS).none { LABELS.private(it.label) != null }, text)
        }
    }

    @Test
    fun `an apostrophe stands in a string as a pair or behind a backslash, and in a word`() {
        assertEquals(listOf("O''Neil", "a\\'b", "it's"), cells("phones = ['O''Neil', 'a\\'b', it's]", "phones"))
    }

    @Test
    fun `what is not closed does no harm`() {
        val signs = mapOf("[" to 5000, "]" to 5000, "{\"a\": " to 500, "'" to 999, "(,)" to 999)
        val broken = signs.map { (sign, times) -> sign.repeat(times) } + "a: [b: [c: "
        for (text in broken) {
            assertTrue(nestedColumns(text, LABELS).all { column -> column.cells.all { it.start <= it.end } })
        }
    }

    private fun cells(text: String, label: String): List<String> = nestedColumns(text, LABELS).values(text, label)
}
