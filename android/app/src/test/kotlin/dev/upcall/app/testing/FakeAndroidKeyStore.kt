package dev.upcall.app.testing

import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import org.junit.rules.ExternalResource
import java.io.InputStream
import java.io.OutputStream
import java.security.InvalidAlgorithmParameterException
import java.security.Key
import java.security.KeyStoreSpi
import java.security.Provider
import java.security.ProviderException
import java.security.SecureRandom
import java.security.Security
import java.security.cert.Certificate
import java.security.spec.AlgorithmParameterSpec
import java.util.Collections
import java.util.Date
import java.util.Enumeration
import javax.crypto.KeyGeneratorSpi
import javax.crypto.SecretKey
import javax.crypto.spec.SecretKeySpec

private const val NAME = "AndroidKeyStore"
private const val BYTE_BITS = 8

/** The Android Keystore as far as AES keys go: the JVM has none. It makes only keys for AES-GCM, and can be told to fail. */
class FakeAndroidKeyStore : ExternalResource() {
    /** The keys by alias, as raw bytes that a real key store never shows. */
    val keys: Map<String, SecretKey> get() = ENTRIES

    /** What the key store throws instead of giving a key; null gives it. */
    var failure: (() -> Exception)?
        get() = FAILURE.value
        set(value) {
            FAILURE.value = value
        }

    /** As when the user resets the credentials of the device. */
    fun loseKeys(): Unit = ENTRIES.clear()

    /** As when the file comes from another device, which has another key of that name. */
    fun replaceKeys(): Unit = ENTRIES.replaceAll { _, key -> randomKey(key.encoded.size * BYTE_BITS) }

    override fun before() {
        after()
        Security.addProvider(FakeProvider())
    }

    override fun after() {
        Security.removeProvider(NAME)
        ENTRIES.clear()
        failure = null
    }

    private class FakeProvider : Provider(NAME, "1", "keys in memory") {
        init {
            put("KeyStore.$NAME", FakeKeyStoreSpi::class.java.name)
            put("KeyGenerator.AES", FakeKeyGeneratorSpi::class.java.name)
        }
    }
}

private val ENTRIES = mutableMapOf<String, SecretKey>()
private val FAILURE =
    object {
        var value: (() -> Exception)? = null
    }

private fun randomKey(bits: Int) =
    SecretKeySpec(ByteArray(bits / BYTE_BITS).also { SecureRandom().nextBytes(it) }, "AES")

/** Instantiated by name. */
class FakeKeyGeneratorSpi : KeyGeneratorSpi() {
    private var spec: KeyGenParameterSpec? = null

    override fun engineInit(params: AlgorithmParameterSpec?, random: SecureRandom?) {
        val given = params as? KeyGenParameterSpec ?: throw InvalidAlgorithmParameterException("no KeyGenParameterSpec")
        val isGcm = given.blockModes.toList() == listOf(KeyProperties.BLOCK_MODE_GCM)
        if (!isGcm || !given.isRandomizedEncryptionRequired || given.isUserAuthenticationRequired) {
            throw InvalidAlgorithmParameterException("not a key for AES-GCM that draws its own nonces")
        }
        spec = given
    }

    override fun engineGenerateKey(): SecretKey {
        FAILURE.value?.let { throw ProviderException(it()) }
        val given = checkNotNull(spec) { "not initialised" }
        return randomKey(given.keySize).also { ENTRIES[given.keystoreAlias] = it }
    }

    override fun engineInit(random: SecureRandom?) = throw UnsupportedOperationException("needs a KeyGenParameterSpec")

    override fun engineInit(keysize: Int, random: SecureRandom?) = engineInit(random)
}

/** Instantiated by name. */
class FakeKeyStoreSpi : KeyStoreSpi() {
    override fun engineGetKey(alias: String, password: CharArray?): Key? {
        FAILURE.value?.let { throw it() }
        return ENTRIES[alias]
    }

    override fun engineDeleteEntry(alias: String) {
        ENTRIES.remove(alias)
    }

    override fun engineContainsAlias(alias: String): Boolean = alias in ENTRIES

    override fun engineIsKeyEntry(alias: String): Boolean = alias in ENTRIES

    override fun engineIsCertificateEntry(alias: String): Boolean = false

    override fun engineAliases(): Enumeration<String> = Collections.enumeration(ENTRIES.keys)

    override fun engineSize(): Int = ENTRIES.size

    override fun engineLoad(stream: InputStream?, password: CharArray?) = Unit

    override fun engineStore(stream: OutputStream?, password: CharArray?) = unsupported()

    override fun engineGetCertificate(alias: String): Certificate? = null

    override fun engineGetCertificateChain(alias: String): Array<Certificate>? = null

    override fun engineGetCertificateAlias(cert: Certificate): String? = null

    override fun engineGetCreationDate(alias: String): Date? = null

    override fun engineSetKeyEntry(alias: String, key: Key, password: CharArray?, chain: Array<Certificate>?) =
        unsupported()

    override fun engineSetKeyEntry(alias: String, key: ByteArray, chain: Array<Certificate>?) = unsupported()

    override fun engineSetCertificateEntry(alias: String, cert: Certificate) = unsupported()

    private fun unsupported(): Nothing = throw UnsupportedOperationException("no app needs it")
}
