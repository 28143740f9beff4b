package dev.upcall.cloud

import dev.upcall.core.CloudText
import dev.upcall.core.EscalationError
import dev.upcall.core.EscalationReason
import dev.upcall.protocol.v1.GenerateResponse
import dev.upcall.protocol.v1.TextDelta
import io.grpc.Metadata
import io.grpc.Status
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Test
import java.util.concurrent.atomic.AtomicInteger
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

class BackPressureTest {
    private fun text(sequence: Long, text: String): ByteArray = GenerateResponse
        .newBuilder()
        .setSequence(sequence)
        .setTextDelta(TextDelta.newBuilder().setText(text))
        .build()
        .toByteArray()

    @Test
    fun `a slow reader holds the service back`() {
        val sent = AtomicInteger()
        val server =
            OddServer { call ->
                call.sendHeaders(Metadata())
                while (!call.isCancelled && sent.get() < 1_000) {
                    if (call.isReady) {
                        call.sendMessage(text(sent.incrementAndGet().toLong(), "x".repeat(16_000)))
                    } else {
                        Thread.sleep(1)
                    }
                }
            }
        server.use {
            GrpcCloud(CloudEndpoint(server.target)).use { cloud ->
                runBlocking { cloud.generate(question()).take(3).collect { delay(200) } }
            }
        }
        assertTrue(sent.get() in 3..60, "${sent.get()} pieces of 16 kB were sent, 3 were read")
    }

    @Test
    fun `a response that is too large ends the answer`() {
        OddServer { it.answer(listOf(text(1, "x".repeat(5_000_000))), Status.OK) }.use { server ->
            GrpcCloud(CloudEndpoint(server.target)).use { it.fails(EscalationReason.REFUSED) }
        }
    }

    @Test
    fun `bytes that are no response end the answer`() {
        val broken = byteArrayOf(0x1a, 100)
        OddServer { it.answer(listOf(text(1, "One"), broken), Status.OK) }.use { server ->
            GrpcCloud(CloudEndpoint(server.target)).use { cloud ->
                val texts = mutableListOf<String>()
                val error =
                    assertFailsWith<EscalationError> {
                        runBlocking { cloud.generate(question()).collect { if (it is CloudText) texts += it.text } }
                    }
                assertEquals(EscalationReason.INTERRUPTED, error.reason)
                assertEquals(listOf("One"), texts)
            }
        }
    }
}
