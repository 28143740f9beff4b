package dev.upcall.core.redaction.structure

import org.junit.jupiter.api.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals

class TablesTest {
    @Test
    fun `cells stand under their head`() {
        val tables =
            listOf(
                "name,phone\nann,1234\nbo,5678",
                "name;phone\r\nann;1234\r\nbo;5678\r\n",
                "name\tphone\nann\t1234\nbo\t5678",
                "\"name\",\"phone\"\n\"ann\",\"1234\"\n\"bo\",\"5678\"",
                "| name | phone |\n|:--|--:|\n| ann | 1234 |\n| bo | 5678 |",
                "> name | phone\n> --- | ---\n> ann | 1234\n> bo | 5678",
                "||name||phone||\n|ann|1234|\n|bo|5678|",
                "name & phone \\\\\n\\hline\nann & 1234 \\\\\nbo & 5678",
                "name    phone\nann     1234\nbo      5678",
                "name phone\nann 1234\nbo 5678",
                "+------+-------+\n| name | phone |\n+------+-------+\n| ann  | 1234  |\n| bo   | 5678  |\n+------+-------+",
                "name,phone\nann,1234\n\nbo,5678",
                "Please look, this is it:\nname,phone\nann,1234\nbo,5678",
            )
        for (text in tables) assertEquals(listOf("1234", "5678"), phones(text).takeLast(2), text)
    }

    @Test
    fun `a quoted cell may hold delimiters and line ends`() {
        assertEquals(listOf("1234", "5678"), phones("note,phone\n\"one, \"\"two\"\"\nthree\",1234\nx,5678"))
    }

    @Test
    fun `a row may go on over many lines`() {
        val text = "name,note,phone,note\nann,\"x\ny\",1234,\"x\ny\"\nbo,\"x\n\ny\",5678,z\n"
        assertEquals(listOf("1234", "5678"), phones(text))
    }

    @Test
    fun `an open quotation mark swallows nothing`() {
        assertEquals(listOf("1234", "5678"), phones("note,phone\n\"open,1234\nx,5678"))
    }

    @Test
    fun `the longest quoted cell is counted in code points`() {
        fun text(signs: Int) = "note,phone\n\"${"😀".repeat(signs)},\",1234\nx,5678"
        assertEquals(listOf("1234", "5678"), phones(text(1999)))
        assertEquals(listOf("5678"), phones(text(2000)).filter { it.all(Char::isDigit) }.takeLast(1))
    }

    @Test
    fun `a row with a cell too many counts from both ends`() {
        assertContains(phones("address,phone\n1 High St, Leeds,1234\nx,5678"), "1234")
    }

    @Test
    fun `a row on its side has its label at its beginning`() {
        assertEquals(listOf("1234", "5678"), phones("| | ann | bo |\n|--|--|--|\n| phone | 1234 | 5678 |"))
    }

    @Test
    fun `a dump names its columns before its rows`() {
        val rows = "FROM stdin;\nann\t1234\nbo\t5678\n\\."
        assertEquals(listOf("1234", "5678"), phones("COPY people (name, phone) $rows"))
        assertEquals(listOf("1234", "5678"), phones("copy public.people(name,\"phone\") $rows"))
    }

    @Test
    fun `columns of a fixed width are counted in code points`() {
        val text = "name        phone  city\n😀 b c d e    1234  Rome\n😀😀😀 x  y  5678  Bonn Ost"
        assertEquals(listOf("1234", "5678"), phones(text))
    }

    @Test
    fun `prose has no labels`() {
        val text = "Call me, please, or write.\nI am at home, as ever, and wait."
        assertEquals(setOf(""), columns(text).map { it.label }.toSet())
    }

    private fun columns(text: String): List<Column> = tableColumns(text, linesOf(text), LABELS)

    private fun phones(text: String): List<String> = columns(text).values(text, "phone")
}
