package dev.upcall.app.models

import dev.upcall.core.BundleFile
import dev.upcall.core.ModelError
import dev.upcall.core.OutputError
import dev.upcall.core.fileSha256
import kotlinx.coroutines.ensureActive
import java.io.IOException
import java.io.OutputStream
import java.io.UncheckedIOException
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption
import java.nio.file.StandardOpenOption
import kotlin.coroutines.coroutineContext

private const val PIECE_BYTES = 1 shl 16

/** Where a file grows. */
internal fun partOf(target: Path): Path = target.resolveSibling("${target.fileName}.part")

/** Bytes of a file that are here already. */
internal fun receivedBytes(target: Path): Long = when {
    Files.isRegularFile(target) -> Files.size(target)
    Files.isRegularFile(partOf(target)) -> Files.size(partOf(target))
    else -> 0
}

/**
 * Brings one file here: goes on where an earlier attempt ended, and gives the file its name once its bytes are right.
 *
 * @param target its place; until it is whole, it grows in `NAME.part` beside it.
 * @param tell is given how many bytes are here.
 * @throws ModelError the server has other bytes, or the connection broke.
 * @throws OutputError the storage is full.
 */
internal suspend fun HttpFiles.fetch(file: BundleFile, target: Path, tell: (Long) -> Unit) {
    val size = file.sizeBytes.toLong()
    val part = partOf(target)
    if (Files.isRegularFile(target)) {
        if (Files.size(target) == size && fileSha256(target) == file.sha256) return tell(size)
        Files.delete(target)
    }
    writing { Files.createDirectories(target.toAbsolutePath().parent) }
    if (receivedBytes(target) > size) Files.delete(part)
    if (receivedBytes(target) < size) grow(file, part, tell)
    if (fileSha256(part) != file.sha256) {
        Files.delete(part) // it would never become right
        throw ModelError(
            "${file.path} came in damaged, or the server has another one than the list says.",
            nextStep = "take the download up again; if it fails again, tell who published the model",
        )
    }
    writing { Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING) }
}

private suspend fun HttpFiles.grow(file: BundleFile, part: Path, tell: (Long) -> Unit) {
    val size = file.sizeBytes.toLong()
    read(file.path, from = if (Files.exists(part)) Files.size(part) else 0) { body ->
        if (body.length != null && body.startsAt + body.length != size) throw otherSize(file)
        writing { append(part, body.startsAt) }.use { out -> copy(body, out, size, file, tell) }
    }
    if (Files.size(part) < size) throw ModelError("The connection broke.", nextStep = "take the download up again")
}

private suspend fun copy(body: Body, out: OutputStream, size: Long, file: BundleFile, tell: (Long) -> Unit) {
    val piece = ByteArray(PIECE_BYTES)
    var received = body.startsAt
    tell(received)
    while (true) {
        coroutineContext.ensureActive()
        val count = body.bytes.read(piece)
        if (count < 0) return
        received += count
        if (received > size) throw otherSize(file)
        writing { out.write(piece, 0, count) }
        tell(received)
    }
}

/** A stream that writes behind the first bytes of a file, which are kept. */
private fun append(part: Path, keptBytes: Long): OutputStream = if (keptBytes == 0L) {
    Files.newOutputStream(part)
} else {
    Files.newOutputStream(part, StandardOpenOption.APPEND)
}

/** Does what changes files; says so where that fails, which is the storage's fault and not the network's. */
internal inline fun <T> writing(work: () -> T): T = try {
    work()
} catch (error: IOException) {
    throw storageFailed(error)
} catch (error: UncheckedIOException) {
    throw storageFailed(error) // of a walk over a folder
}

internal fun storageFailed(cause: Exception) = OutputError(
    "The model cannot be written: the storage is full or broken.",
    nextStep = "free some storage, then try again",
).apply { initCause(cause) }

private fun otherSize(file: BundleFile) = ModelError(
    "The server's ${file.path} has another size than the list says.",
    allowed = "${file.sizeBytes} bytes",
    nextStep = "tell who published the model",
)
