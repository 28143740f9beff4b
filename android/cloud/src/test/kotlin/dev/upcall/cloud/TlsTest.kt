package dev.upcall.cloud

import dev.upcall.cloud.testing.ScriptedService
import dev.upcall.core.EscalationReason
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path
import kotlin.test.assertEquals

class TlsTest {
    private fun script(folder: Path, host: String) = """{"tls_folder": "$folder", "host": "$host", "key": "upc_key"}"""

    @Test
    fun `only a certificate of the trusted authority is called`(
        @TempDir folder: Path,
    ) {
        ScriptedService(script(folder, "127.0.0.1")).use { service ->
            val trusting =
                CloudEndpoint(service.target, "upc_key", useTls = true, caCertificate = folder.resolve("authority.pem"))
            GrpcCloud(trusting).use { assertEquals("The scripted engine answers this.", it.ask().first) }
            val wrong =
                listOf(
                    trusting.copy(caCertificate = folder.resolve("stranger.pem")),
                    trusting.copy(caCertificate = null), // the system's authorities
                    trusting.copy(useTls = false, caCertificate = null),
                )
            for (endpoint in wrong) GrpcCloud(endpoint).use { it.fails(EscalationReason.UNAVAILABLE) }
            assertEquals(1, service.counts().started)
        }
    }

    @Test
    fun `a certificate for another host is refused`(
        @TempDir folder: Path,
    ) {
        ScriptedService(script(folder, "cloud.example.org")).use { service ->
            val endpoint =
                CloudEndpoint(service.target, "upc_key", useTls = true, caCertificate = folder.resolve("authority.pem"))
            GrpcCloud(endpoint).use { it.fails(EscalationReason.UNAVAILABLE) }
            assertEquals(0, service.counts().started)
        }
    }
}
