package dev.upcall.cloud

import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.Socket
import javax.net.SocketFactory

private const val CONNECT_TIMEOUT_MS = 5_000

/** Sockets that give up connecting after 5 s: a host that drops packets would otherwise use up the whole time of a call. */
internal object PatientSockets : SocketFactory() {
    override fun createSocket(): Socket = Socket()

    override fun createSocket(address: InetAddress, port: Int): Socket =
        connected(InetSocketAddress(address, port), null)

    override fun createSocket(host: String, port: Int): Socket = connected(InetSocketAddress(host, port), null)

    override fun createSocket(address: InetAddress, port: Int, localAddress: InetAddress, localPort: Int): Socket =
        connected(InetSocketAddress(address, port), InetSocketAddress(localAddress, localPort))

    override fun createSocket(host: String, port: Int, localHost: InetAddress, localPort: Int): Socket =
        connected(InetSocketAddress(host, port), InetSocketAddress(localHost, localPort))

    private fun connected(to: InetSocketAddress, from: InetSocketAddress?): Socket {
        val socket = Socket()
        try {
            if (from != null) socket.bind(from)
            socket.connect(to, CONNECT_TIMEOUT_MS)
        } catch (error: java.io.IOException) {
            socket.close()
            throw error
        }
        return socket
    }
}
