package dev.upcall.core.redaction

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertTrue

class CodePointsTest {
    private val text = "a😀é\uD800b"

    @Test
    fun `offsets lead there and back, a lone surrogate being one character`() {
        assertEquals(listOf(0, 1, 3, 4, 5, 6), (0..5).map { text.utf16Offset(it) })
        assertEquals((0..5).toList(), (0..5).map { text.codePointOffset(text.utf16Offset(it)) })
        assertEquals(5, text.points)
    }

    @Test
    fun `an offset behind the end is refused`() {
        assertFailsWith<IndexOutOfBoundsException> { text.utf16Offset(6) }
        assertFailsWith<IndexOutOfBoundsException> { text.codePointOffset(7) }
    }

    @Test
    fun `characters before and after a place are counted whole, as many as there are`() {
        assertEquals(listOf(4, 3, 1, 0, 0), listOf(0, 1, 2, 3, 4).map { text.before(4, it) })
        assertEquals(listOf(1, 3, 4, 5, 6, 6), (0..5).map { text.after(1, it) })
    }

    @Test
    fun `a set of characters counts those of a text`() {
        val set = CodePointSet(codePointRanges(listOf("0061-0063", "1F600")))
        assertTrue('b' in set && 0x1F600 in set && 'd' !in set && 0x1F601 !in set)
        assertTrue(set.all("abc😀") && set.any("xa") && !set.all("") && !set.any(""))
        assertFalse(set.all("abd"))
        assertEquals(3, set.count("a😀xb"))
        assertEquals(1, set.count("a😀xb", inside = false))
        assertEquals(2, set.count("a😀xb", atMost = 2))
    }

    @Test
    fun `ranges that are not hexadecimal are refused`() {
        assertFailsWith<NumberFormatException> { codePointRanges(listOf("00G1")) }
    }
}
