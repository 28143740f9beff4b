package dev.upcall.app.models

import dev.upcall.core.InputError
import dev.upcall.core.MANIFEST
import dev.upcall.core.isLoopback
import java.net.URI
import java.net.URISyntaxException

private const val HTTPS = "https"
private const val HTTP = "http"
private const val ALLOWED = "https://HOST/FOLDER/, or http on 127.0.0.1"
private val MODEL_NAME = Regex("[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

/** Whether a text may name a model: it becomes the name of a folder. */
internal fun isModelName(text: String): Boolean = MODEL_NAME.matches(text)

/**
 * Where files of a model are fetched from.
 *
 * @property folder ends with a slash.
 */
@JvmInline
internal value class DownloadAddress private constructor(val folder: URI) {
    /** The last part of the folder. */
    val name: String get() = folder.path.trimEnd('/').substringAfterLast('/')

    /** Where a file of the folder is. */
    fun of(path: String): URI = URI(folder.scheme, folder.authority, folder.path + path, null, null)

    companion object {
        /**
         * Reads what a person typed or copied.
         *
         * @throws InputError it is no address, or words about the model would cross a network in the clear.
         */
        fun of(text: String): DownloadAddress {
            val uri =
                try {
                    URI(text.trim())
                } catch (_: URISyntaxException) {
                    throw refused("This is not a web address.")
                }
            if (uri.host.isNullOrEmpty()) throw refused("This is not a web address.")
            if (!isSafe(uri)) throw refused("The address is not encrypted: others could see or change the model.")
            if (uri.rawUserInfo != null) throw refused("The address holds a user's name or password.")
            if (uri.rawQuery != null || uri.rawFragment != null) throw refused("The address has a part behind ? or #.")
            val path = uri.path.removeSuffix("/$MANIFEST").trimEnd('/') + "/"
            return DownloadAddress(URI(uri.scheme, uri.authority, path, null, null))
        }
    }
}

/** Whether it is encrypted, or on this device. */
private fun isSafe(uri: URI): Boolean {
    val host = uri.host
    if (host.isNullOrEmpty()) return false
    return uri.scheme.equals(HTTPS, ignoreCase = true) ||
        (uri.scheme.equals(HTTP, ignoreCase = true) && isLoopback(host))
}

/**
 * The next address after a redirection.
 *
 * @throws InputError it leaves encryption, or the network for this device.
 */
internal fun redirected(from: URI, location: String?): URI {
    val next =
        try {
            from.resolve(URI(location.orEmpty()))
        } catch (_: URISyntaxException) {
            throw refused("The server redirects to no web address.")
        }
    val mayBePlain = !from.scheme.equals(HTTPS, ignoreCase = true)
    if (!isSafe(next) || !(mayBePlain || next.scheme.equals(HTTPS, ignoreCase = true))) {
        throw refused("The server redirects to an address that is not encrypted.")
    }
    return next
}

private fun refused(problem: String) = InputError(problem, ALLOWED, nextStep = "check the address")
