package dev.upcall.app.testing

import java.io.IOException
import java.io.OutputStream
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.CountDownLatch
import kotlin.concurrent.thread

/** A request as it came: its path, and where the range that it asks for begins. */
data class Asked(val path: String, val from: Long?)

/**
 * An HTTP server on loopback that serves files from memory, and misbehaves as it is told: what a real server does to a download at its
 * worst.
 */
class FileServer : AutoCloseable {
    /** By path, such as `/models/tiny/model.onnx`. */
    val files = ConcurrentHashMap<String, ByteArray>()

    /** What came in, in order. */
    val requests = CopyOnWriteArrayList<Asked>()

    /** Sends all of a file, whatever range is asked for. */
    @Volatile
    var ignoresRanges = false

    /** Ends the connection of the next bodies after so many bytes; null sends them whole. */
    @Volatile
    var cutsAfterBytes: Int? = null

    /** Holds each body back after so many bytes until [release]. */
    @Volatile
    var stallsAfterBytes: Int? = null

    /** Answers of another status than 200 or 206, by path; a location in place of a body redirects. */
    val statuses = ConcurrentHashMap<String, Int>()
    val redirections = ConcurrentHashMap<String, String>()
    private val released = CountDownLatch(1)
    private val socket = ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))
    private val connections = CopyOnWriteArrayList<Socket>()

    val address: String get() = "http://127.0.0.1:${socket.localPort}"

    init {
        thread(isDaemon = true) {
            try {
                while (true) {
                    val connection = socket.accept()
                    connections += connection
                    thread(isDaemon = true) { connection.use(::serve) }
                }
            } catch (_: IOException) {
                // closed
            }
        }
    }

    /** Lets bodies that were held back go on. */
    fun release(): Unit = released.countDown()

    override fun close() {
        release()
        socket.close()
        connections.forEach(Socket::close)
    }

    private fun serve(connection: Socket): Unit = try {
        val lines = connection.getInputStream().bufferedReader(Charsets.ISO_8859_1)
        val head = generateSequence { lines.readLine() }.takeWhile { it.isNotEmpty() }.toList()
        val path = head.first().split(' ')[1]
        val range = head.firstOrNull { it.startsWith("Range: bytes=") }
        val from = range?.removePrefix("Range: bytes=")?.substringBefore('-')?.toLong()
        requests += Asked(path, from)
        answer(connection.getOutputStream(), path, from)
    } catch (_: IOException) {
        // the client has gone
    }

    private fun answer(out: OutputStream, path: String, from: Long?) {
        val content = files[path]
        val location = redirections[path]
        val status = statuses[path]
        when {
            location != null -> out.head("302 Found", "Location: $location", "Content-Length: 0")
            status != null -> out.head("$status Status", "Content-Length: 0")
            content == null -> out.head("404 Not Found", "Content-Length: 0")
            from == null || ignoresRanges -> {
                out.head("200 OK", "Content-Length: ${content.size}")
                out.body(content)
            }
            from >= content.size -> out.head("416 Range Not Satisfiable", "Content-Length: 0")
            else -> {
                val range = "Content-Range: bytes $from-${content.size - 1}/${content.size}"
                out.head("206 Partial Content", range, "Content-Length: ${content.size - from}")
                out.body(content.copyOfRange(from.toInt(), content.size))
            }
        }
    }

    private fun OutputStream.head(status: String, vararg headers: String) {
        val lines = listOf("HTTP/1.1 $status", *headers, "Connection: close", "", "")
        write(lines.joinToString("\r\n").toByteArray(Charsets.ISO_8859_1))
        flush()
    }

    private fun OutputStream.body(content: ByteArray) {
        val stall = stallsAfterBytes
        if (stall != null && stall < content.size) {
            write(content, 0, stall)
            flush()
            released.await()
            write(content, stall, content.size - stall)
        } else {
            write(content, 0, minOf(cutsAfterBytes ?: content.size, content.size))
        }
        flush()
    }
}
