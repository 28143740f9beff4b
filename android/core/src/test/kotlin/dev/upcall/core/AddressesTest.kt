package dev.upcall.core

import kotlin.test.Test
import kotlin.test.assertFalse
import kotlin.test.assertTrue

class AddressesTest {
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
