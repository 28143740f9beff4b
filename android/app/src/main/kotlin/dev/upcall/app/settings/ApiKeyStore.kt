package dev.upcall.app.settings

import dev.upcall.core.InputError
import dev.upcall.core.OutputError
import kotlinx.coroutines.flow.Flow

/** Keeps the key of the cloud service, encrypted. It is in no backup, log or preferences. */
interface ApiKeyStore {
    /** Whether there is a key, now and after each change. */
    val state: Flow<ApiKeyState>

    /**
     * The key; null where there is none, or it can no longer be decrypted and must be entered again.
     *
     * @throws InputError the device's key store does not answer now.
     */
    suspend fun read(): String?

    /**
     * Keep a key in place of the one before.
     *
     * @throws InputError it has a space or a letter beyond ASCII, or is empty.
     * @throws OutputError it cannot be encrypted or written.
     */
    suspend fun write(key: String)

    /** Forget the key. */
    suspend fun delete()
}

/** What there is of a key. */
enum class ApiKeyPresence {
    NONE,
    SET,

    /** There was one, but the device no longer decrypts it: it must be entered again. */
    LOST,
}

/**
 * What is known of the key without reading it.
 *
 * @property presence whether there is one.
 * @property revision grows with each change, so that one key in place of another is noticed.
 */
data class ApiKeyState(val presence: ApiKeyPresence, val revision: Int)
