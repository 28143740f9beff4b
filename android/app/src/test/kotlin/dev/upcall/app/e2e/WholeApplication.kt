package dev.upcall.app.e2e

import dev.upcall.app.AppContainer
import dev.upcall.app.DeviceContainer
import dev.upcall.app.UpcallApplication
import dev.upcall.cloud.CloudEndpoint
import dev.upcall.cloud.GrpcCloud
import java.nio.file.Path
import java.util.concurrent.CopyOnWriteArrayList

/** The application as it is shipped, over engines that are watched, and calling over real connections. */
class WholeApplication : UpcallApplication() {
    val engines = WatchedEngines()

    /** PEM file of the authority that a service's certificate must be of; null takes the system's. */
    @Volatile
    var authority: Path? = null

    /** All that were made. */
    val connections = CopyOnWriteArrayList<GrpcCloud>()

    val parts by lazy { DeviceContainer(this, engines, ::connect) }

    override fun makeContainer(): AppContainer = parts

    private fun connect(endpoint: CloudEndpoint): GrpcCloud = GrpcCloud(
        if (endpoint.useTls) endpoint.copy(caCertificate = authority) else endpoint,
    ).also { connections += it }
}
