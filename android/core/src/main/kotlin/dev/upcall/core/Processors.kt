package dev.upcall.core

import java.io.IOException
import java.nio.file.Files
import java.nio.file.Paths

/**
 * Cores that this process may use, hyper-threads counted once where Linux tells; at least 1.
 *
 * More threads than that make matrix products slower.
 */
public fun physicalCores(): Int {
    val usable =
        read("/proc/self/status")
            ?.lineSequence()
            ?.firstOrNull { it.startsWith(ALLOWED) }
            ?.let { processors(it.removePrefix(ALLOWED)) }
            ?: return Runtime.getRuntime().availableProcessors()
    return usable.map { read("/sys/devices/system/cpu/cpu$it/topology/thread_siblings_list") ?: "$it" }.toSet().size
}

private const val ALLOWED = "Cpus_allowed_list:"

/** The numbers of a list such as `0-3,6`; null where it is none. */
internal fun processors(list: String): List<Int>? = list.trim().split(',').flatMap { range ->
    val ends = range.split('-').map { it.toIntOrNull() ?: return null }
    ends.first()..ends.last()
}

private fun read(path: String): String? = try {
    // Path.of is of Android 14 and later
    String(Files.readAllBytes(Paths.get(path)), Charsets.US_ASCII).trim()
} catch (_: IOException) {
    null
} catch (_: SecurityException) {
    null
}
