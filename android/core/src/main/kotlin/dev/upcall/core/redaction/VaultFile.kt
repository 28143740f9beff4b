package dev.upcall.core.redaction

import dev.upcall.core.InputError
import java.io.IOException
import java.nio.channels.FileChannel
import java.nio.channels.OverlappingFileLockException
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardOpenOption.CREATE
import java.nio.file.StandardOpenOption.WRITE
import javax.crypto.SecretKey

/**
 * A vault that belongs to a file, as [openVault] gives it. It is written when it is closed.
 */
public sealed class KeptVault(nonce: String) :
    Vault(nonce),
    AutoCloseable {
    /**
     * Writes the vault to its file now, if there is something new in it, so that what is shown next can be restored.
     *
     * @throws InputError the file cannot be written.
     */
    public abstract fun save()

    /**
     * Writes the vault to its file and lets go of it.
     *
     * @throws InputError the file cannot be written.
     */
    abstract override fun close()
}

private class LockedVault(contents: VaultContents, private val file: LockedVaultFile) : KeptVault(contents.nonce) {
    private var written = -1
    private var isClosed = false

    init {
        take(contents)
    }

    override fun save() {
        check(!isClosed) { "The vault is closed." }
        val count = values.size
        if (count == written) return
        file.write(contents())
        written = count
    }

    override fun close() {
        if (isClosed) return
        isClosed = true
        file.use { it.write(contents()) }
    }
}

/**
 * A vault that goes on from a file and is written to it when it is closed, also when the work in between fails.
 *
 * The file is encrypted: `UPCALLVAULT1`, 12 bytes of nonce, then AES-256-GCM over JSON, with the first 12 bytes as associated
 * data. This protects a vault file that is copied, backed up or synchronised without the key. It does not protect from
 * whoever can use the key. Only one program of the JVM at a time has the vault: two would give one placeholder to two values.
 * The file is replaced in one step, so that whatever happens there is either the old one or the new one; `PATH.lock` stays
 * beside it, empty.
 *
 * @param path of the vault; a new one is made where there is none.
 * @param key for AES-256; it may be one that never leaves a key store, such as Android's.
 * @throws InputError another program has the vault, the key does not belong to it, or the file is damaged or cannot be read
 *   or written.
 */
public fun openVault(path: Path, key: SecretKey): KeptVault = opened(path) { key }

/**
 * A vault of a file, as [openVault] with a key gives it, with its key in a file of mode 0600.
 *
 * @param path of the vault; a new one is made where there is none.
 * @param keyPath of 32 random bytes. A new key is made where there is none and no vault yet.
 * @throws InputError as there, or for the file of the key.
 */
public fun openVault(path: Path, keyPath: Path): KeptVault =
    opened(path) { isNew -> vaultKey(keyPath, mayMake = isNew) }

/**
 * The vault of a file, to restore with; the file stays as it is.
 *
 * @throws InputError the key does not belong to it, or the file is missing, damaged or cannot be read.
 */
public fun readVault(path: Path, key: SecretKey): Vault = read(path) { key }

/**
 * The vault of a file, to restore with, with its key in a file; both stay as they are.
 *
 * @throws InputError as [readVault] with a key, or for the file of the key.
 */
public fun readVault(path: Path, keyPath: Path): Vault = read(path) { vaultKey(keyPath, mayMake = false) }

private fun read(path: Path, key: () -> SecretKey): Vault {
    if (!Files.exists(path)) throw InputError("There is no vault $path.", nextStep = "make one with openVault")
    val contents = decrypted(path, key())
    return Vault(contents.nonce).apply { take(contents) }
}

private fun opened(path: Path, key: (isNew: Boolean) -> SecretKey): KeptVault {
    val own = ownPath(path)
    val lock = locked(own)
    return try {
        val isNew = !Files.exists(own)
        val file = LockedVaultFile(own, key(isNew), lock)
        LockedVault(if (isNew) Vault().contents() else decrypted(own, file.key), file)
    } catch (error: Throwable) {
        lock.close()
        throw error
    }
}

/** The file of a vault while this program has it. */
private class LockedVaultFile(private val path: Path, val key: SecretKey, private val lock: FileChannel) :
    AutoCloseable {
    fun write(contents: VaultContents) = try {
        writeAtomically(path, encrypted(contents, key))
    } catch (error: IOException) {
        throw unusable(path, error)
    }

    override fun close(): Unit = lock.close()
}

/** The one name of the vault, whatever links lead to it. */
private fun ownPath(path: Path): Path = try {
    val own = if (Files.exists(path)) path.toRealPath() else path.toAbsolutePath()
    val names = if (Files.exists(own)) linkCount(own) else 1
    if (Files.isDirectory(own)) {
        throw InputError("The vault '$path' is a folder.", allowed = "a file", nextStep = "name a file in it")
    }
    if (names > 1) {
        throw InputError(
            "The vault $path has $names names (hard links).",
            allowed = "one",
            nextStep = "remove the others: each would go its own way, with one placeholder for two values",
        )
    }
    own
} catch (error: IOException) {
    throw unusable(path, error)
}

private fun linkCount(path: Path): Int = try {
    Files.getAttribute(path, "unix:nlink") as Int
} catch (_: UnsupportedOperationException) {
    1 // of another system, which does not tell
}

private fun locked(path: Path): FileChannel = try {
    val channel = FileChannel.open(path.resolveSibling("${path.fileName}.lock"), CREATE, WRITE)
    val lock =
        try {
            channel.tryLock()
        } catch (_: OverlappingFileLockException) {
            null // another part of this program has it
        }
    if (lock == null) {
        channel.close()
        throw InputError(
            "The vault $path is in use by another program.",
            nextStep = "wait until it has ended, or use another file",
        )
    }
    channel
} catch (error: IOException) {
    throw unusable(path, error)
}

internal fun unusable(path: Path, error: IOException): InputError = InputError(
    "The file $path cannot be used (${error::class.java.simpleName}).",
    nextStep = "choose another path",
)
