package dev.upcall.core.redaction

import dev.upcall.core.InputError
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.nio.file.FileAlreadyExistsException
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption.ATOMIC_MOVE
import java.nio.file.StandardCopyOption.REPLACE_EXISTING
import java.nio.file.StandardOpenOption.WRITE
import java.nio.file.attribute.PosixFilePermissions
import java.security.SecureRandom
import javax.crypto.SecretKey
import javax.crypto.spec.SecretKeySpec

private const val KEY_BYTES = 32
private val OF_OWNER = PosixFilePermissions.fromString("rwx------")

/**
 * The key in a file.
 *
 * @param mayMake make one where there is none.
 * @throws InputError it is missing, damaged, open to others, or cannot be read or made.
 */
internal fun vaultKey(path: Path, mayMake: Boolean): SecretKey {
    if (mayMake && !Files.exists(path)) return madeKey(path)
    val key =
        try {
            val buffer = ByteBuffer.allocate(KEY_BYTES + 1)
            Files.newByteChannel(path).use { channel -> while (channel.read(buffer) > 0) continue }
            buffer.array().copyOf(buffer.position())
        } catch (error: IOException) {
            throw InputError(
                "The key $path of the vault cannot be read (${error::class.java.simpleName}).",
                nextStep = "without the key the vault cannot be read; take it from where the vault was made",
            )
        }
    if (isOpenToOthers(path)) {
        throw InputError("The key $path can be read by others.", allowed = "mode 0600", nextStep = "chmod 600 $path")
    }
    if (key.isEmpty() && mayMake) { // left by a disk that was full: no vault can belong to it
        Files.deleteIfExists(path)
        return madeKey(path)
    }
    if (key.size != KEY_BYTES) {
        throw InputError(
            "The key $path is damaged: it has ${key.size} bytes.",
            allowed = "$KEY_BYTES bytes",
            nextStep = "put a copy of the key in its place; without one the vaults made with it cannot be read",
        )
    }
    return SecretKeySpec(key, "AES")
}

private fun isOpenToOthers(path: Path): Boolean = try {
    !OF_OWNER.containsAll(Files.getPosixFilePermissions(path))
} catch (_: UnsupportedOperationException) {
    false // of another system, which has no modes
}

private fun madeKey(path: Path): SecretKey {
    val key = ByteArray(KEY_BYTES).also(SecureRandom()::nextBytes)
    try {
        path.toAbsolutePath().parent?.let(Files::createDirectories)
        writeAtomically(path.toAbsolutePath(), key, mayReplace = false)
    } catch (_: FileAlreadyExistsException) {
        // another program has just made it
        return vaultKey(path, mayMake = false)
    } catch (error: IOException) {
        throw unusable(path, error)
    }
    return SecretKeySpec(key, "AES")
}

/**
 * Writes the whole file in one step, for its owner alone: whatever happens, it is either what it was or what was written.
 *
 * @throws IOException it cannot be written; [FileAlreadyExistsException] where it is there and may not be replaced.
 */
internal fun writeAtomically(path: Path, content: ByteArray, mayReplace: Boolean = true) {
    val growing = Files.createTempFile(path.parent, ".${path.fileName}.", ".new") // mode 0600
    try {
        FileChannel.open(growing, WRITE).use { channel ->
            val rest = ByteBuffer.wrap(content)
            while (rest.hasRemaining()) channel.write(rest)
            channel.force(true)
        }
        if (mayReplace) Files.move(growing, path, ATOMIC_MOVE, REPLACE_EXISTING) else Files.createLink(path, growing)
    } finally {
        Files.deleteIfExists(growing)
    }
}
