package dev.upcall.app.models

import dev.upcall.core.ModelError
import dev.upcall.core.UpcallError
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.io.IOException
import java.io.InputStream
import java.net.HttpURLConnection
import java.net.SocketTimeoutException
import java.net.URI
import java.net.UnknownHostException
import javax.net.ssl.SSLException
import kotlin.coroutines.coroutineContext

private const val CONNECT_TIMEOUT_MS = 15_000
private const val READ_TIMEOUT_MS = 30_000
private const val MOST_REDIRECTIONS = 5
private const val RANGE_NOT_SATISFIABLE = 416
private const val TOO_MANY_REQUESTS = 429
private const val SERVER_ERRORS = 500
private val REDIRECTIONS = setOf(301, 302, 303, 307, 308)
private const val RESUME = "take the download up again when the network is back"

/**
 * The body of a response.
 *
 * @property startsAt its first byte in the file: 0 where the server sends all of it, whatever was asked for.
 * @property length bytes of the body; null where the server does not tell.
 */
internal class Body(val startsAt: Long, val length: Long?, val bytes: InputStream)

/** Files of one address. Redirections are followed as long as they stay encrypted. */
internal class HttpFiles(
    private val address: DownloadAddress,
    private val dispatcher: CoroutineDispatcher = Dispatchers.IO,
) {
    /**
     * Reads a file, or the end of it. Cancelling ends the connection.
     *
     * @param path below the address.
     * @param from the first byte that is wanted.
     * @param use reads the body; an [IOException] that it throws is taken for one of the connection.
     * @throws ModelError there is no such file, or the connection broke.
     * @throws dev.upcall.core.InputError the server redirects to where nobody should go.
     */
    suspend fun <T> read(path: String, from: Long, use: suspend (Body) -> T): T = withContext(dispatcher) {
        var uri = address.of(path)
        var start = from
        repeat(MOST_REDIRECTIONS + 1) {
            try {
                when (val reply = reply(uri, start, path, use)) {
                    is Reply.Whole -> return@withContext reply.value
                    is Reply.Elsewhere -> uri = reply.uri
                    Reply.FromTheBeginning -> start = 0
                }
            } catch (error: IOException) {
                coroutineContext.ensureActive() // a connection that was ended from here breaks, too
                throw translated(error, uri.host)
            }
        }
        throw ModelError("${uri.host} redirects again and again.", nextStep = "check the address")
    }

    private suspend fun <T> reply(uri: URI, from: Long, path: String, use: suspend (Body) -> T): Reply<T> =
        connected(uri, from) { connection ->
            val code = connection.responseCode
            val isPartial = code == HttpURLConnection.HTTP_PARTIAL
            when {
                code in REDIRECTIONS -> Reply.Elsewhere(redirected(uri, connection.getHeaderField("Location")))
                code == HttpURLConnection.HTTP_OK -> Reply.Whole(use(body(connection, startsAt = 0)))
                isPartial && startOf(connection) == from -> Reply.Whole(use(body(connection, startsAt = from)))
                // What is held does not fit to what the server has.
                from > 0 && (isPartial || code == RANGE_NOT_SATISFIABLE) -> Reply.FromTheBeginning
                else -> throw refused(code, path, uri.host)
            }
        }

    private suspend fun <T> connected(uri: URI, from: Long, use: suspend (HttpURLConnection) -> T): T = coroutineScope {
        val connection = uri.toURL().openConnection() as HttpURLConnection
        // Reading a socket heeds no cancellation; ending its connection does. It waits before anything is read.
        val guard = launch(Dispatchers.IO, CoroutineStart.UNDISPATCHED) { untilCancelled(connection) }
        try {
            connection.connectTimeout = CONNECT_TIMEOUT_MS
            connection.readTimeout = READ_TIMEOUT_MS
            connection.instanceFollowRedirects = false
            connection.useCaches = false
            connection.setRequestProperty("Accept-Encoding", "identity")
            if (from > 0) connection.setRequestProperty("Range", "bytes=$from-")
            use(connection)
        } finally {
            guard.cancel()
        }
    }
}

private sealed interface Reply<out T> {
    class Whole<T>(val value: T) : Reply<T>

    class Elsewhere(val uri: URI) : Reply<Nothing>

    data object FromTheBeginning : Reply<Nothing>
}

private suspend fun untilCancelled(connection: HttpURLConnection) {
    try {
        awaitCancellation()
    } finally {
        connection.disconnect()
    }
}

private fun body(connection: HttpURLConnection, startsAt: Long): Body {
    val length = connection.getHeaderFieldLong("Content-Length", -1).takeIf { it >= 0 }
    return Body(startsAt, length, connection.inputStream)
}

/** The first byte of `Content-Range: bytes 100-199/200`; null where there is none. */
private fun startOf(connection: HttpURLConnection): Long? =
    connection.getHeaderField("Content-Range")?.removePrefix("bytes ")?.substringBefore('-')?.toLongOrNull()

private fun refused(code: Int, path: String, host: String): UpcallError = when {
    code == HttpURLConnection.HTTP_UNAUTHORIZED || code == HttpURLConnection.HTTP_FORBIDDEN ->
        ModelError("$host does not give $path to everybody ($code).", nextStep = "take an address that needs no login")
    code == TOO_MANY_REQUESTS || code >= SERVER_ERRORS ->
        ModelError("$host cannot give $path now ($code).", nextStep = "take the download up again later")
    else -> ModelError("$host has no $path there ($code).", nextStep = "check the address")
}

private fun translated(error: IOException, host: String): ModelError = when (error) {
    is UnknownHostException ->
        ModelError(
            "$host cannot be found.",
            nextStep = "check address and network, and try again",
        )
    is SocketTimeoutException -> ModelError("$host does not answer.", nextStep = RESUME)
    is SSLException ->
        ModelError("No safe connection to $host: its certificate is not trusted.", nextStep = "check address and clock")
    else -> ModelError("The connection to $host broke.", nextStep = RESUME)
}.apply { initCause(error) }
