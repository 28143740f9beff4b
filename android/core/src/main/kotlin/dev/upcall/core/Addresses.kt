package dev.upcall.core

import java.net.InetAddress
import java.net.UnknownHostException

/** Whether a host, with or without brackets, is on this machine. Names other than `localhost` are not looked up. */
public fun isLoopback(host: String): Boolean {
    val bare = host.removeSurrounding("[", "]")
    if (bare.equals("localhost", ignoreCase = true)) return true
    if (':' in bare) {
        return try {
            InetAddress.getByName(bare).isLoopbackAddress // never a lookup, as no name holds a colon
        } catch (_: UnknownHostException) {
            false
        }
    }
    val bytes = bare.split('.').map { part -> part.toIntOrNull()?.takeIf { "$it" == part && it in 0..255 } }
    return bytes.size == 4 && null !in bytes && bytes[0] == 127
}
