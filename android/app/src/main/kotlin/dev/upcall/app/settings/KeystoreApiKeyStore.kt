package dev.upcall.app.settings

import android.content.Context
import dev.upcall.cloud.CloudEndpoint
import dev.upcall.core.InputError
import dev.upcall.core.OutputError
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.filterNotNull
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext
import java.io.File
import java.io.IOException

private const val FILE = "service_key"
private const val ENTER_AGAIN = "enter the key again in the settings"

/**
 * The key of the service, encrypted by a key that never leaves the device's key store, in a file that no backup takes.
 *
 * @param file of the encrypted key; asked for where files may be touched.
 * @param cipher encrypts it.
 * @param dispatcher for work with files and the key store.
 */
class KeystoreApiKeyStore internal constructor(
    file: () -> File,
    private val cipher: KeystoreCipher,
    private val dispatcher: CoroutineDispatcher,
) : ApiKeyStore {
    /** Keeps it in this app's folder without backups. */
    constructor(context: Context) :
        this({ File(context.applicationContext.noBackupFilesDir, FILE) }, KeystoreCipher(), Dispatchers.IO)

    private val sealed by lazy { SealedFile(file()) } // Android makes the folder
    private val turn = Mutex()
    private val known = MutableStateFlow<ApiKeyState?>(null)

    override val state: Flow<ApiKeyState> =
        flow {
            if (known.value == null) look()
            emitAll(known.filterNotNull())
        }

    override suspend fun read(): String? = working {
        val bytes = sealed.read()
        if (bytes == null) {
            tell(lostOrNone())
            return@working null
        }
        when (val opened = cipher.open(bytes)) {
            is Opened.Text -> opened.text.also { tell(ApiKeyPresence.SET) }
            Opened.Lost -> null.also { forgetLost() }
            Opened.Unavailable -> throw InputError(
                "The key of the service cannot be read now: the device's key store does not answer.",
                nextStep = "try again, or $ENTER_AGAIN",
            )
        }
    }

    override suspend fun write(key: String) {
        val word = key.trim()
        if (word.isEmpty()) throw InputError("The API key is empty.", nextStep = "paste it as the service gave it")
        CloudEndpoint("localhost:1", apiKey = word) // refuses what no service would take
        working {
            val bytes =
                cipher.seal(word) ?: throw OutputError(
                    "The key cannot be encrypted: the device's key store does not answer.",
                    nextStep = "restart the device, then enter the key again",
                )
            sealed.write(bytes)
            tell(ApiKeyPresence.SET, isChange = true)
        }
    }

    override suspend fun delete(): Unit = working {
        sealed.delete()
        cipher.forget()
        tell(ApiKeyPresence.NONE, isChange = true)
    }

    override fun toString(): String = "KeystoreApiKeyStore"

    private suspend fun look() {
        try {
            read()
        } catch (_: InputError) {
            tell(ApiKeyPresence.SET) // there is one, and the next question says what is wrong with it
        }
    }

    private fun lostOrNone() =
        if (known.value?.presence == ApiKeyPresence.LOST) ApiKeyPresence.LOST else ApiKeyPresence.NONE

    private fun forgetLost() {
        sealed.delete()
        cipher.forget()
        tell(ApiKeyPresence.LOST, isChange = true)
    }

    private fun tell(presence: ApiKeyPresence, isChange: Boolean = false) {
        val before = known.value
        if (before?.presence == presence && !isChange) return
        known.value = ApiKeyState(presence, (before?.revision ?: 0) + 1)
    }

    private suspend fun <T> working(work: () -> T): T = turn.withLock {
        withContext(dispatcher) {
            try {
                work()
            } catch (error: IOException) {
                throw OutputError(
                    "The key of the service cannot be kept (${error.javaClass.simpleName}).",
                    nextStep = "free some space, then $ENTER_AGAIN",
                )
            }
        }
    }
}
