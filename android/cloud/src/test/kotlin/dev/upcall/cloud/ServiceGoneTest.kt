package dev.upcall.cloud

import dev.upcall.cloud.testing.ScriptedService
import dev.upcall.core.EscalationError
import dev.upcall.core.EscalationReason
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Test
import java.net.InetAddress
import java.net.ServerSocket
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

class ServiceGoneTest {
    private val slowly = """{"reply": "${"word ".repeat(200)}", "delay_s": 0.02}"""

    @Test
    fun `nobody there`() {
        val port = ServerSocket(0, 1, InetAddress.getLoopbackAddress()).use { it.localPort }
        GrpcCloud(CloudEndpoint("127.0.0.1:$port")).use { cloud ->
            val began = System.nanoTime()
            assertTrue("cannot be reached" in cloud.fails(EscalationReason.UNAVAILABLE).problem)
            assertTrue((System.nanoTime() - began) / 1_000_000_000 < 5)
        }
    }

    @Test
    fun `somebody there who says nothing uses up the time of the call and no more`() {
        ServerSocket(0, 1, InetAddress.getLoopbackAddress()).use { silent ->
            GrpcCloud(CloudEndpoint("127.0.0.1:${silent.localPort}")).use { cloud ->
                cloud.fails(EscalationReason.DEADLINE, question(timeoutMs = 500))
            }
        }
    }

    @Test
    fun `a service that goes away in mid-answer`() {
        for (leave in listOf(ScriptedService::kill, ScriptedService::terminate)) {
            ScriptedService(slowly).use { service ->
                GrpcCloud(CloudEndpoint(service.target)).use { cloud ->
                    var texts = 0
                    val error =
                        assertFailsWith<EscalationError> {
                            runBlocking { cloud.generate(question()).collect { if (texts++ == 0) leave(service) } }
                        }
                    assertEquals(EscalationReason.INTERRUPTED, error.reason)
                    assertTrue(texts > 0)
                }
            }
        }
    }

    @Test
    fun `a service that goes away after an answer and comes back`() {
        val first = ScriptedService()
        GrpcCloud(CloudEndpoint(first.target)).use { cloud ->
            cloud.ask()
            first.kill()
            cloud.fails(EscalationReason.UNAVAILABLE)
            ScriptedService("""{"port": ${first.port}, "reply": "Back again."}""").use {
                assertEquals("Back again.", cloud.ask().first)
            }
        }
    }
}
