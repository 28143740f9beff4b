package dev.upcall.app.models

import dev.upcall.core.ModelError
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import java.io.File
import java.io.IOException
import java.net.InetAddress
import java.security.KeyStore
import javax.net.ssl.KeyManagerFactory
import javax.net.ssl.SSLContext
import javax.net.ssl.SSLSocket
import kotlin.concurrent.thread

private const val PASSWORD = "changeit"

@RunWith(RobolectricTestRunner::class)
class UntrustedServerTest {
    @get:Rule
    val temporary = TemporaryFolder()

    /** A key and a certificate that it signed itself, made by the JDK's own tool. */
    private fun selfSigned(): SSLContext {
        val file = temporary.root.resolve("keys.p12")
        val options =
            "-genkeypair -alias a -keyalg EC -dname CN=localhost -ext san=dns:localhost -storetype PKCS12 " +
                "-storepass $PASSWORD -keystore $file"
        val tool = File(System.getProperty("java.home"), "bin/keytool").path
        assertEquals(0, ProcessBuilder(listOf(tool) + options.split(' ')).start().waitFor())
        val keys = KeyStore.getInstance("PKCS12").apply { file.inputStream().use { load(it, PASSWORD.toCharArray()) } }
        val managers =
            KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm()).apply {
                init(keys, PASSWORD.toCharArray())
            }
        return SSLContext.getInstance("TLS").apply { init(managers.keyManagers, null, null) }
    }

    @Test
    fun `a certificate that nobody vouches for is not trusted`() {
        val server =
            selfSigned().serverSocketFactory.createServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))
        server.use {
            thread(isDaemon = true) {
                try {
                    (server.accept() as SSLSocket).use { it.startHandshake() }
                } catch (_: IOException) {
                    // the client does not trust it
                }
            }
            val files = HttpFiles(DownloadAddress.of("https://localhost:${server.localPort}/tiny"))
            val error = assertThrows(ModelError::class.java) { runBlocking { files.read("a", from = 0) {} } }
            assertTrue(error.problem, "certificate is not trusted" in error.problem)
            assertEquals("check address and clock", error.nextStep)
        }
    }

    @Test
    fun `a host that does not exist is told`() {
        val files = HttpFiles(DownloadAddress.of("https://nowhere.invalid/tiny"))
        val error = assertThrows(ModelError::class.java) { runBlocking { files.read("a", from = 0) {} } }
        assertTrue(error.problem, "nowhere.invalid" in error.problem)
    }
}
