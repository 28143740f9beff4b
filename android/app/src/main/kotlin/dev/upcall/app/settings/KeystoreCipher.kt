package dev.upcall.app.settings

import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.KeyProperties
import java.security.GeneralSecurityException
import java.security.KeyStore
import java.security.ProviderException
import java.security.UnrecoverableKeyException
import javax.crypto.AEADBadTagException
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

private const val KEY_STORE = "AndroidKeyStore"
private const val ALIAS = "dev.upcall.app.service_key"
private const val TRANSFORMATION = "AES/GCM/NoPadding"
private const val KEY_BITS = 256
private const val TAG_BITS = 128
private const val NONCE_BYTES = 12

/** What became of a sealed text. */
internal sealed interface Opened {
    /** The text; private, so left out of [toString]. */
    class Text(val text: String) : Opened {
        override fun toString(): String = "Text"
    }

    /** The key is gone, was replaced or is invalid, or the bytes are not what it sealed: this can never be opened again. */
    data object Lost : Opened

    /** The key store does not answer now. */
    data object Unavailable : Opened
}

/** Seals short texts with AES-256-GCM by a key of the Android Keystore. Sealed are 12 bytes of nonce, then the text and its tag. */
internal class KeystoreCipher {
    /** Null where the key store does not answer. */
    fun seal(text: String): ByteArray? = try {
        encrypted(text, key() ?: newKey())
    } catch (_: KeyPermanentlyInvalidatedException) {
        encryptedAnew(text)
    } catch (_: UnrecoverableKeyException) {
        encryptedAnew(text)
    } catch (_: GeneralSecurityException) {
        null
    } catch (_: ProviderException) {
        null
    }

    /** The text that was sealed. */
    fun open(sealed: ByteArray): Opened = try {
        val key = key()
        if (key == null ||
            sealed.size < NONCE_BYTES + TAG_BITS / Byte.SIZE_BITS
        ) {
            Opened.Lost
        } else {
            decrypted(sealed, key)
        }
    } catch (_: AEADBadTagException) {
        Opened.Lost
    } catch (_: KeyPermanentlyInvalidatedException) {
        Opened.Lost
    } catch (_: UnrecoverableKeyException) {
        Opened.Lost
    } catch (_: GeneralSecurityException) {
        Opened.Unavailable
    } catch (_: ProviderException) {
        Opened.Unavailable
    }

    /** Deletes the key; what it sealed is lost. */
    fun forget() {
        try {
            store().deleteEntry(ALIAS)
        } catch (_: GeneralSecurityException) {
            // A key that seals nothing any more does no harm.
        } catch (_: ProviderException) {
            // Likewise.
        }
    }

    private fun encryptedAnew(text: String): ByteArray? {
        forget()
        return try {
            encrypted(text, newKey())
        } catch (_: GeneralSecurityException) {
            null
        } catch (_: ProviderException) {
            null
        }
    }

    private fun encrypted(text: String, key: SecretKey): ByteArray {
        val cipher = Cipher.getInstance(TRANSFORMATION)
        cipher.init(Cipher.ENCRYPT_MODE, key) // the key store draws the nonce and allows no other
        check(cipher.iv.size == NONCE_BYTES) { "the nonce has ${cipher.iv.size} bytes" }
        return cipher.iv + cipher.doFinal(text.encodeToByteArray())
    }

    private fun decrypted(sealed: ByteArray, key: SecretKey): Opened {
        val cipher = Cipher.getInstance(TRANSFORMATION)
        cipher.init(Cipher.DECRYPT_MODE, key, GCMParameterSpec(TAG_BITS, sealed, 0, NONCE_BYTES))
        return Opened.Text(cipher.doFinal(sealed, NONCE_BYTES, sealed.size - NONCE_BYTES).decodeToString())
    }

    private fun key(): SecretKey? = store().getKey(ALIAS, null) as SecretKey?

    private fun newKey(): SecretKey {
        val generator = KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, KEY_STORE)
        generator.init(
            KeyGenParameterSpec
                .Builder(ALIAS, KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT)
                .setKeySize(KEY_BITS)
                .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
                .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
                .build(),
        )
        return generator.generateKey()
    }

    private fun store(): KeyStore = KeyStore.getInstance(KEY_STORE).apply { load(null) }
}
