package dev.upcall.core

import org.junit.jupiter.api.Test
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertNull
import kotlin.test.assertTrue

class AddressesTest {
    @Test
    fun `what stays on this machine`() {
        for (host in listOf("127.0.0.1", "127.9.9.9", "::1", "[::1]", "0:0:0:0:0:0:0:1", "localhost", "LocalHost")) {
            assertTrue(isLoopback(host), host)
        }
    }

    @Test
    fun `what does not`() {
        val hosts =
            listOf("", "0.0.0.0", "::", "[::]", "10.0.0.1", "2001:db8::1", "localhost.example.org") +
                listOf(
                    "[localhost]",
                    "[::1",
                    "127.1",
                    "127.0.0.01",
                    "127.0.0.256",
                    "0x7f.0.0.1",
                    "127.0.0.1.",
                    "2130706433",
                )
        for (host in hosts) assertFalse(isLoopback(host), host)
    }

    @Test
    fun `brackets stand round an address only`() {
        assertEquals("::1", bareHost("[::1]"))
        assertEquals("::1", bareHost("::1"))
        assertEquals("[name]", bareHost("[name]"))
    }

    @Test
    fun `an address of 16 bytes is read in all its spellings`() {
        val address = byteArrayOf(0x20, 1, 0x0d, 0xb8.toByte(), 0, 0, 0, 0, 0, 0, 0, 0, 0xc0.toByte(), 0, 2, 33)
        for (spelling in listOf("2001:db8::c000:221", "2001:DB8:0:0:0:0:192.0.2.33", "2001:0db8::192.0.2.33")) {
            assertContentEquals(address, ipAddress(spelling), spelling)
        }
        assertContentEquals(ByteArray(16), ipAddress("::"))
    }

    @Test
    fun `what is no address is a name`() {
        val names =
            listOf("localhost", "1.2.3", "1.2.3.4.5", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::") +
                listOf(":::", ":1", "1:", "g::1", "1.2.3.4::", "::1.2.3", "1::2:3:4:5:6:7:8", "::1%eth0", "")
        for (name in names) assertNull(ipAddress(name), name)
    }

    @Test
    fun `hosts on this machine`() {
        for (host in listOf("localhost", "LocalHost", "127.0.0.1", "127.8.9.255", "::1", "[::1]", "0:0:0:0:0:0:0:1")) {
            assertTrue(isLoopback(host), host)
        }
    }

    @Test
    fun `hosts elsewhere, and what is no host`() {
        val others =
            listOf(
                "example.com",
                "127.0.0.1.example.com",
                "localhost.example.com",
                "128.0.0.1",
                "127.0.0",
                "127.0.0.256",
                "127.0.0.01",
                "::2",
                "[::1",
                "fe80::1",
                "0.0.0.0",
                "",
                ":",
                "127.0.0.1 ",
            )
        for (host in others) assertFalse(isLoopback(host), host)
    }
}
