package dev.upcall.core.redaction.structure

import dev.upcall.core.redaction.Detector
import org.junit.jupiter.api.Test
import java.lang.management.ManagementFactory
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/** That reading takes work in proportion to the length of a text, whatever stands in it. */
class LinearTest {
    @Test
    fun `large tables take work in proportion to their length`() {
        assertLinear("rows of a table") { count -> "name,ssn\n" + rows(0 until count) }
    }

    @Test
    fun `what is not closed, and what goes on, take work in proportion to their length`() {
        assertLinear("quotation marks behind backslashes") { "[\"" + "\\\"".repeat(it * 10) }
        assertLinear("apostrophes behind backslashes") { "['" + "\\'".repeat(it * 10) }
        assertLinear("pairs of apostrophes") { "[" + "'a''".repeat(it * 10) }
        assertLinear("drawn lines") { "|---|\n".repeat(it * 10) }
        assertLinear("open brackets") { "[".repeat(it * 10) }
        assertLinear("open tags") { "<td>".repeat(it * 10) }
        assertLinear("open quoted cells") { ",\"".repeat(it * 10) }
        assertLinear("quoted cells over the ends of lines") { "a,\"x\n" + "\",b,\"x\n".repeat(it) }
        assertLinear("columns of a fixed width") { "name  phone\n" + "ab cd  12 ef  ".repeat(it * 10) }
        assertLinear("conjunctions") { "Phones: 2125550123 " + "and or ".repeat(it * 10) }
    }

    @Test
    fun `each value of a long column is found`() {
        val text = "name,ssn\n" + rows(1 until 900, first = 219_563_000)
        assertEquals(899, Detector().find(text).size)
    }

    private fun rows(numbers: IntRange, first: Int = 219_000_000): String =
        numbers.joinToString("") { "u$it,${first + it}\n" }

    /** Time of this thread's processor, not of a clock, and far from what work in the square of the length would take. */
    private fun assertLinear(what: String, text: (Int) -> String) {
        fun nanoseconds(count: Int): Long {
            val given = text(count)
            val before = threads.currentThreadCpuTime
            columnsOf(given, LABELS)
            return threads.currentThreadCpuTime - before
        }

        val small = (1..4).minOf { nanoseconds(1_000) }
        val large = (1..2).minOf { nanoseconds(10_000) }
        assertTrue(large < 40 * maxOf(small, SHORTEST), "$what: $small ns, then $large ns for 10 times the length")
    }

    private companion object {
        const val SHORTEST = 500_000L
        val threads = ManagementFactory.getThreadMXBean()
    }
}
