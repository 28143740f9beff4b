package dev.upcall.core

import java.net.InetAddress

private const val LOCALHOST = "localhost"
private const val IPV4_BYTES = 4
private const val IPV6_GROUPS = 8

/** A host without the brackets in which an IPv6 address stands before a port. */
public fun bareHost(host: String): String {
    val inner = host.removeSurrounding("[", "]")
    return if (inner != host && ipAddress(inner) != null) inner else host
}

/** Whether a host, with or without brackets, is on this machine. Names other than `localhost` are not looked up. */
public fun isLoopback(host: String): Boolean =
    ipAddress(bareHost(host))?.let { InetAddress.getByAddress(it).isLoopbackAddress }
        ?: host.equals(LOCALHOST, ignoreCase = true)

/** The bytes of the address that a text without brackets is; null for a name. Nothing is looked up. */
public fun ipAddress(host: String): ByteArray? = if (':' in host) ipv6(host) else ipv4(host)

private fun ipv4(host: String): ByteArray? {
    val parts = host.split('.').map { decimal(it) ?: return null }
    return if (parts.size == IPV4_BYTES) ByteArray(IPV4_BYTES) { parts[it].toByte() } else null
}

private fun ipv6(host: String): ByteArray? {
    val halves = host.split("::")
    if (halves.size > 2) return null
    val head = groups(halves[0], isLast = halves.size == 1) ?: return null
    val tail = groups(halves.getOrElse(1) { "" }, isLast = true) ?: return null
    val missing = IPV6_GROUPS - head.size - tail.size
    if (if (halves.size == 2) missing < 1 else missing != 0) return null
    val all = head + List(missing) { 0 } + tail
    return ByteArray(2 * IPV6_GROUPS) { (all[it / 2] shr if (it % 2 == 0) 8 else 0).toByte() }
}

/** The 16-bit groups of one side of `::`; the last two of all may be written as an IPv4 address. */
private fun groups(side: String, isLast: Boolean): List<Int>? {
    if (side.isEmpty()) return emptyList()
    val parts = side.split(':')
    return parts.flatMapIndexed { index, part ->
        if (isLast && index == parts.lastIndex && '.' in part) {
            val bytes = (ipv4(part) ?: return null).map { it.toUByte().toInt() }
            bytes.chunked(2) { (high, low) -> (high shl 8) or low }
        } else {
            if (part.length !in 1..4 || !part.all { it in "0123456789abcdefABCDEF" }) return null
            listOf(part.toInt(16))
        }
    }
}

private fun decimal(text: String): Int? {
    if (text.length !in 1..3 || !text.all { it in '0'..'9' } || (text.length > 1 && text[0] == '0')) return null
    return text.toInt().takeIf { it <= UByte.MAX_VALUE.toInt() }
}
