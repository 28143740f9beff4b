package dev.upcall.core.redaction.identifiers

import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.CsvSource
import org.junit.jupiter.params.provider.ValueSource
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertNull
import kotlin.test.assertTrue

class NetworkTest {
    @ParameterizedTest
    @CsvSource(
        "1.2.3.4, 01020304",
        "255.0.10.9, ff000a09",
        "1::, 00010000000000000000000000000000",
        "::, 00000000000000000000000000000000",
        "::1, 00000000000000000000000000000001",
        "1:2:3:4:5:6:7:8, 00010002000300040005000600070008",
        "1:2:3:4:5:6:7::, 00010002000300040005000600070000",
        "::2:3:4:5:6:7:8, 00000002000300040005000600070008",
        "::FFFF:1.2.3.4, 00000000000000000000ffff01020304",
        "1:2:3:4:5:6:1.2.3.4, 00010002000300040005000601020304",
        "1::8:9, 00010000000000000000000000080009",
    )
    fun `an address is read`(text: String, expected: String) {
        assertEquals(expected, internetAddress(text)!!.joinToString("") { "%02x".format(java.util.Locale.ROOT, it) })
    }

    @ParameterizedTest
    @ValueSource(
        strings = [
            "1::2::3", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::1.2.3.04", "12345::", "g::1", "1:2", "::ffff:1.2.3",
            "1:2:3:4:5:6:7:", "1:::2", ":", "1.2.3", "1.2.3.256", "1.2.3.04", "1.2.3.", "", "１.2.3.4",
            "1:2:3:4:5:6:7::8",
        ],
    )
    fun `what is no address is refused`(text: String) {
        assertNull(internetAddress(text))
    }

    @Test
    fun `a network holds the addresses that begin as it does, of its version`() {
        val network = Network.of("10.128.0.0/9")
        assertTrue(internetAddress("10.200.1.1")!! in network)
        assertFalse(internetAddress("10.1.1.1")!! in network || internetAddress("::1")!! in network)
        assertTrue(internetAddress("::1")!! in Network.of("::1/128"))
        assertFalse(internetAddress("::2")!! in Network.of("::1/128"))
        assertTrue(internetAddress("1.2.3.4")!! in Network.of("0.0.0.0/0"))
    }

    @Test
    fun `what is no network is refused`() {
        for (text in listOf("10.0.0.0/33", "10.0.0/8", "10.0.0.0/x", "1::/129")) {
            assertFailsWith<IllegalArgumentException>(text) { Network.of(text) }
        }
    }
}
