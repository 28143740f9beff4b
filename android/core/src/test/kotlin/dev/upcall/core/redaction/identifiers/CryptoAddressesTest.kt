package dev.upcall.core.redaction.identifiers

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue

class CryptoAddressesTest {
    private val published =
        mapOf(
            "base58check" to
                listOf(
                    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
                    "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
                    "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
                ),
            "bech32" to
                listOf(
                    "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
                    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
                ),
            "ethereum" to
                listOf(
                    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
                    "0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359",
                ),
        )

    @Test
    fun `published addresses are accepted, and what differs is not`() {
        assertEquals(CRYPTO_ADDRESSES.keys, published.keys)
        for ((name, addresses) in published) {
            val check = CRYPTO_ADDRESSES.getValue(name)
            for (address in addresses) {
                assertTrue(check(address), address)
                val others = listOf("", "1", address.dropLast(1), address + "2", "é".repeat(40))
                assertTrue(others.none(check), address)
                val swapped = address.dropLast(2) + address.takeLast(2).reversed()
                assertFalse(address != address.lowercase() && check(swapped), address)
            }
        }
    }

    @Test
    fun `wrong case is seen`() {
        assertFalse(isEthereum("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD"))
        assertFalse(isBech32("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3T4"))
    }

    @Test
    fun `Keccak gives the digests that were published, and pads at the border of a block`() {
        fun hex(data: ByteArray) = data.joinToString("") { (it.toInt() and 0xFF).toString(16).padStart(2, '0') }
        assertEquals("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470", hex(keccak256(ByteArray(0))))
        assertEquals(
            "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
            hex(keccak256("abc".toByteArray())),
        )
        val digests = (133..138).map { hex(keccak256(ByteArray(it) { 'a'.code.toByte() })) }
        assertEquals(digests.size, digests.toSet().size)
    }
}
