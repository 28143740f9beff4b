package dev.upcall.sample

import dev.upcall.core.decision.DeviceMonitor
import dev.upcall.core.decision.DeviceState
import dev.upcall.core.decision.Network
import java.net.NetworkInterface
import java.net.SocketException

/** What the JVM tells of this machine: whether there is a network. An Android app tells battery, heat and price too. */
internal object JvmMonitor : DeviceMonitor {
    override fun read(): DeviceState = DeviceState(
        network =
            try {
                val isUp = NetworkInterface.getNetworkInterfaces().asSequence().any { it.isUp && !it.isLoopback }
                if (isUp) Network.UNMETERED else Network.OFFLINE
            } catch (_: SocketException) {
                null
            },
    )
}
