package dev.upcall.app.device

import java.io.File
import java.io.IOException

private const val KILOBYTE = 1024

/** Most memory that this process has held so far; null where the system does not tell. */
fun peakResidentBytes(status: File = File("/proc/self/status")): Long? = try {
    val line = status.useLines { lines -> lines.firstOrNull { it.startsWith("VmHWM:") } }
    line?.filter(Char::isDigit)?.toLongOrNull()?.times(KILOBYTE)
} catch (_: IOException) {
    null
}
