package dev.upcall.core.languagemodel

import org.junit.jupiter.api.Test
import java.util.Random
import kotlin.test.assertEquals
import kotlin.test.assertNull

class Utf8Test {
    private fun bytes(vararg values: Int) = ByteArray(values.size) { values[it].toByte() }

    @Test
    fun `whole characters come back`() {
        val text = "aé北😀\u0000\u007F\u0080\u07FF\u0800\uFFFF\uFFFD\uDBFF\uDFFF"
        assertEquals(text, utf8(text.encodeToByteArray()))
        assertEquals(text, utf8OrNull(text.encodeToByteArray()))
    }

    @Test
    fun `what is broken counts once for each longest beginning of a character`() {
        val broken =
            mapOf(
                bytes(0x80) to 1,
                bytes(0xC3) to 1,
                bytes(0xC0, 0x80) to 2,
                bytes(0xE5, 0x8C) to 1,
                bytes(0xE0, 0x80, 0x80) to 3,
                bytes(0xED, 0xA0, 0x80) to 3,
                bytes(0xF0, 0x9F, 0x98) to 1,
                bytes(0xF4, 0x90, 0x80, 0x80) to 4,
                bytes(0xF5, 0x80) to 2,
                bytes(0xE5, 0xF0, 0x9F, 0x98, 0xC3) to 3,
            )
        for ((given, count) in broken) {
            assertEquals("\uFFFD".repeat(count) + "a", utf8(given + 'a'.code.toByte()))
            assertNull(utf8OrNull(given))
        }
    }

    @Test
    fun `only the given length is read`() {
        assertEquals("a", utf8(bytes(0x61, 0x62), length = 1))
        assertNull(utf8OrNull("é".encodeToByteArray(), length = 1))
    }

    @Test
    fun `any valid bytes are read as the platform reads them`() {
        val random = Random(0)
        repeat(2000) {
            val given = ByteArray(random.nextInt(8)).also(random::nextBytes)
            val text = utf8OrNull(given)
            if (text != null) assertEquals(given.toList(), text.encodeToByteArray().toList())
        }
    }
}
