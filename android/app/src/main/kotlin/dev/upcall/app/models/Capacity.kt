package dev.upcall.app.models

import android.app.ActivityManager
import android.content.Context
import dev.upcall.core.BundleFile
import dev.upcall.core.ModelError
import dev.upcall.core.OutputError
import java.nio.file.Path

private const val KEPT_FREE_BYTES = 64L shl 20
private const val MEMORY_OF_A_BYTE = 1.5 // the weights, and beside them cache and buffers
private const val MOST_OF_MEMORY = 0.5

/** What there is room for. */
interface Capacity {
    /** Bytes that can still be written to a folder. */
    fun freeBytes(folder: Path): Long

    /** Of the whole device; null where nobody can tell. */
    fun totalMemoryBytes(): Long?
}

/** Capacity of this device. */
class AndroidCapacity(private val context: Context) : Capacity {
    override fun freeBytes(folder: Path): Long = folder.toFile().usableSpace

    override fun totalMemoryBytes(): Long? {
        val activities = context.getSystemService(ActivityManager::class.java) ?: return null
        return ActivityManager.MemoryInfo().also(activities::getMemoryInfo).totalMem.takeIf { it > 0 }
    }
}

/**
 * Refuses to fetch what has no room.
 *
 * @param lackingBytes that are still to come.
 * @throws OutputError the storage is too full.
 * @throws ModelError the device has too little memory to run it.
 */
internal fun Capacity.checkRoom(files: List<BundleFile>, lackingBytes: Long, folder: Path) {
    val free = freeBytes(folder)
    if (lackingBytes + KEPT_FREE_BYTES > free) {
        throw OutputError(
            "The model takes ${megabytes(lackingBytes)} more, and ${megabytes(free)} are free.",
            allowed = "a model that leaves ${megabytes(KEPT_FREE_BYTES)} free",
            nextStep = "free some storage, then try again",
        )
    }
    val memory = totalMemoryBytes() ?: return
    val needed = (files.sumOf { it.sizeBytes.toLong() } * MEMORY_OF_A_BYTE).toLong()
    if (needed > memory * MOST_OF_MEMORY) {
        throw ModelError(
            "The model takes about ${megabytes(needed)} of memory, and this device has ${megabytes(memory)}.",
            allowed = "at most half of the memory",
            nextStep = "take a smaller model",
        )
    }
}

private fun megabytes(bytes: Long) = "${bytes / 1_000_000} MB"
