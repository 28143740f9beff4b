package dev.upcall.app.settings

import android.content.Context
import android.security.keystore.KeyPermanentlyInvalidatedException
import androidx.test.core.app.ApplicationProvider
import dev.upcall.app.testing.FakeAndroidKeyStore
import dev.upcall.core.InputError
import dev.upcall.core.OutputError
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import java.io.File
import java.security.ProviderException
import java.security.UnrecoverableKeyException

private const val KEY = "upc_5d41402abc4b2a76b9719d911017c592"

@RunWith(RobolectricTestRunner::class)
class KeystoreApiKeyStoreTest {
    @get:Rule
    val keyStore = FakeAndroidKeyStore()

    private val context = ApplicationProvider.getApplicationContext<Context>()
    private val file = File(context.noBackupFilesDir, "service_key")
    private var keys = KeystoreApiKeyStore(context)

    private fun reopen() {
        keys = KeystoreApiKeyStore(context)
    }

    private suspend fun presence() = keys.state.first().presence

    @Test
    fun `there is none at first`() = runBlocking {
        assertEquals(ApiKeyPresence.NONE, presence())
        assertNull(keys.read())
    }

    @Test
    fun `a key is kept sealed, in no file in clear`() = runBlocking {
        keys.write(" $KEY\n")
        reopen()
        assertEquals(ApiKeyPresence.SET, presence())
        assertEquals(KEY, keys.read())
        for (each in context.dataDir.walk().filter { it.isFile }) {
            assertFalse(each.path, KEY in each.readText(Charsets.ISO_8859_1))
        }
        assertTrue(file.isFile)
        assertFalse(KEY in "$keys ${keys.state.first()}")
        assertEquals(256, keyStore.keys.values.single().encoded.size * 8)
    }

    @Test
    fun `the same key is sealed differently each time, and a change is noticed`() = runBlocking {
        keys.write(KEY)
        val first = file.readBytes()
        val before = keys.state.first()
        keys.write(KEY)
        assertFalse(first.contentEquals(file.readBytes()))
        assertNotEquals(before, keys.state.first())
    }

    @Test
    fun `a key is forgotten`() = runBlocking {
        keys.write(KEY)
        keys.delete()
        assertEquals(ApiKeyPresence.NONE, presence())
        assertNull(keys.read())
        assertFalse(file.exists())
        assertTrue(keyStore.keys.isEmpty())
    }

    @Test
    fun `a key that can no longer be decrypted must be entered again`() = runBlocking {
        val losses: List<() -> Unit> =
            listOf(
                { keyStore.loseKeys() },
                { keyStore.replaceKeys() },
                { keyStore.failure = { KeyPermanentlyInvalidatedException() } },
                { keyStore.failure = { UnrecoverableKeyException() } },
                { file.writeBytes(file.readBytes().also { it[20] = (it[20] + 1).toByte() }) },
                { file.writeBytes(ByteArray(5)) },
            )
        for (lose in losses) {
            keys.write(KEY)
            lose()
            reopen()
            assertNull(keys.read())
            assertEquals(ApiKeyPresence.LOST, presence())
            assertNull(keys.read())
            assertEquals(ApiKeyPresence.LOST, presence())
            keyStore.failure = null
            keys.write(KEY)
            assertEquals(KEY, keys.read())
            assertEquals(ApiKeyPresence.SET, presence())
        }
    }

    @Test
    fun `a key store that does not answer now loses nothing`() = runBlocking {
        keys.write(KEY)
        reopen()
        keyStore.failure = { ProviderException("busy") }
        val unread = assertThrows(InputError::class.java) { runBlocking { keys.read() } }
        assertTrue(unread.nextStep, "again" in unread.nextStep)
        assertEquals(ApiKeyPresence.SET, presence())
        assertThrows(OutputError::class.java) { runBlocking { keys.write("other") } }
        keyStore.failure = null
        assertEquals(KEY, keys.read())
    }

    @Test
    fun `what no service would take is refused, and not told`() = runBlocking {
        for (wrong in listOf("", " ", "two words", "schlüssel")) {
            val error = assertThrows(InputError::class.java) { runBlocking { keys.write(wrong) } }
            assertFalse(wrong.isNotBlank() && wrong in error.message.orEmpty())
        }
        assertFalse(file.exists())
    }
}
