package dev.upcall.core.redaction.identifiers

import dev.upcall.core.redaction.isAscii
import java.math.BigInteger
import java.security.MessageDigest

// Addresses of cryptocurrencies, which all carry a checksum. Case matters; nothing is thrown.

private const val BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
private const val FEWEST_BYTES = 25
private const val BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
private val BECH32_GENERATOR = intArrayOf(0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
private val BECH32_CONSTANTS = setOf(1, 0x2BC830A3) // bech32 (BIP 173), bech32m (BIP 350)
private const val ETHEREUM_DIGITS = 40

/** Base 58 with four bytes of checksum: payments and keys of Bitcoin and its relatives. Source: Bitcoin wiki. */
internal fun isBase58Check(text: String): Boolean {
    val values = text.map { BASE58.indexOf(it) }
    if (values.isEmpty() || -1 in values) return false
    val base = BigInteger.valueOf(BASE58.length.toLong())
    val number = values.fold(BigInteger.ZERO) { number, value -> number * base + BigInteger.valueOf(value.toLong()) }
    val bytes = number.toByteArray().dropWhile { it == 0.toByte() }.toByteArray()
    val data = ByteArray(text.takeWhile { it == '1' }.length) + bytes
    if (data.size < FEWEST_BYTES) return false
    val checked = data.copyOf(data.size - 4)
    return sha256(sha256(checked)).copyOf(4).contentEquals(data.copyOfRange(checked.size, data.size))
}

private fun sha256(data: ByteArray): ByteArray = MessageDigest.getInstance("SHA-256").digest(data)

/** Bech32 or bech32m, at most 90 characters in one case. Sources: BIP 173, BIP 350. */
internal fun isBech32(text: String): Boolean {
    val folded = text.lowercase()
    val separator = folded.lastIndexOf('1')
    if ((text != folded && text != text.uppercase()) || separator < 0 || text.length > 90) return false
    val prefix = folded.take(separator)
    val data = folded.drop(separator + 1).map { BECH32.indexOf(it) }
    if (data.size < 6 || -1 in data || !prefix.isAscii()) return false
    val check =
        (prefix.map { it.code shr 5 } + 0 + prefix.map { it.code and 31 } + data).fold(1) { check, value ->
            BECH32_GENERATOR.foldIndexed(((check and 0x1FFFFFF) shl 5) xor value) { bit, sum, generator ->
                if ((check ushr (25 + bit)) and 1 == 1) sum xor generator else sum
            }
        }
    return check in BECH32_CONSTANTS
}

/** 0x and 40 hexadecimal digits, in one case or in the mixed case that is their checksum. Source: EIP-55. */
internal fun isEthereum(text: String): Boolean {
    val digits = text.drop(2)
    if (digits.length != ETHEREUM_DIGITS || !text.startsWith("0x")) return false
    if (digits.any { it !in '0'..'9' && it !in 'a'..'f' && it !in 'A'..'F' }) return false
    val lower = digits.lowercase()
    if (digits == lower || digits == digits.uppercase()) return true
    val digest = keccak256(lower.toByteArray())
    return digits.indices.all { index ->
        val nibble = (digest[index / 2].toInt() shr (if (index % 2 == 0) 4 else 0)) and 0xF
        digits[index] == if (nibble > 7) lower[index].uppercaseChar() else lower[index]
    }
}

/** By the names that the rules use. */
internal val CRYPTO_ADDRESSES: Map<String, (String) -> Boolean> =
    mapOf(
        "base58check" to ::isBase58Check,
        "bech32" to ::isBech32,
        "ethereum" to ::isEthereum,
    )
