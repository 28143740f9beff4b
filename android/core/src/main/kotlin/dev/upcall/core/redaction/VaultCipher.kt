package dev.upcall.core.redaction

import dev.upcall.core.InputError
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.io.IOException
import java.nio.file.Files
import java.nio.file.Path
import java.security.GeneralSecurityException
import javax.crypto.Cipher
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

private val MAGIC = "UPCALLVAULT1".encodeToByteArray()
private const val ALGORITHM = "AES/GCM/NoPadding"
private const val NONCE_BYTES = 12
private const val TAG_BITS = 128

/** The bytes of a vault file. */
internal fun encrypted(contents: VaultContents, key: SecretKey): ByteArray {
    val cipher = Cipher.getInstance(ALGORITHM)
    // The provider draws the nonce: a key of Android's key store takes none from outside.
    cipher.init(Cipher.ENCRYPT_MODE, key)
    cipher.updateAAD(MAGIC)
    check(cipher.iv.size == NONCE_BYTES) { "The nonce of AES-GCM has ${cipher.iv.size} bytes." }
    return MAGIC + cipher.iv + cipher.doFinal(written(contents).encodeToByteArray())
}

/**
 * What a vault file holds.
 *
 * @throws InputError the key does not belong to it, or it is damaged or cannot be read.
 */
internal fun decrypted(path: Path, key: SecretKey): VaultContents {
    val data =
        try {
            Files.readAllBytes(path)
        } catch (error: IOException) {
            throw unusable(path, error)
        }
    if (data.size < MAGIC.size || !data.copyOf(MAGIC.size).contentEquals(MAGIC)) {
        throw InputError("The file $path is no vault.", nextStep = "give another file")
    }
    // Of the cause nothing is told: it could carry contents along.
    return plain(data, key)?.let(::read) ?: throw InputError(
        "The vault $path cannot be opened: it is damaged, or it belongs to another key.",
        nextStep = "use the key with which it was made, or begin a new vault with another file",
    )
}

private fun plain(data: ByteArray, key: SecretKey): String? = try {
    val begin = MAGIC.size + NONCE_BYTES
    if (data.size < begin + TAG_BITS / Byte.SIZE_BITS) return null
    val cipher = Cipher.getInstance(ALGORITHM)
    cipher.init(Cipher.DECRYPT_MODE, key, GCMParameterSpec(TAG_BITS, data, MAGIC.size, NONCE_BYTES))
    cipher.updateAAD(MAGIC)
    cipher.doFinal(data, begin, data.size - begin).decodeToString(throwOnInvalidSequence = true)
} catch (_: GeneralSecurityException) {
    null
} catch (_: CharacterCodingException) {
    null // another program wrote it, with the same key
}

// By hand, since a value may hold lone surrogates, which only an escape brings into UTF-8.
private fun written(contents: VaultContents): String = buildString {
    append("{\"nonce\": \"").append(contents.nonce).append("\", \"entries\": ")
    contents.entries.joinTo(this, prefix = "[", postfix = "]") { (number, entry) ->
        "[$number, \"${entry.entityType}\", \"${escape(entry.value)}\", ${entry.isNumber}]"
    }
    append(", \"reserved\": ")
    contents.reserved.joinTo(this, prefix = "[", postfix = "]") { "\"${escape(it)}\"" }
    append('}')
}

private fun read(plain: String): VaultContents? = try {
    val given = Json.parseToJsonElement(plain).jsonObject
    val contents =
        VaultContents(
            nonce = given.getValue("nonce").jsonPrimitive.content,
            entries = given.getValue("entries").jsonArray.map(::numbered),
            reserved = given.getValue("reserved").jsonArray.map { it.jsonPrimitive.content },
        )
    contents.also { Vault(it.nonce).take(it) }
} catch (_: InputError) {
    null
} catch (_: RuntimeException) {
    null
}

private fun numbered(given: JsonElement): Numbered {
    val (number, type, value, isNumber) = (given as JsonArray).map { it.jsonPrimitive }
    return Numbered(number.int, VaultEntry(EntityType.valueOf(type.content), value.content, isNumber.boolean))
}
