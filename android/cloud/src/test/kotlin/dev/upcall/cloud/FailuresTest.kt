package dev.upcall.cloud

import dev.upcall.core.EscalationError
import dev.upcall.core.EscalationReason
import io.grpc.Metadata
import io.grpc.Status
import io.grpc.Status.Code
import io.grpc.StatusException
import org.junit.jupiter.api.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

class FailuresTest {
    private fun ended(code: Code, details: String? = null, pushback: String? = null): StatusException {
        val trailers = Metadata()
        val key = Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER)
        if (pushback != null) trailers.put(key, pushback)
        return StatusException(Status.fromCode(code).withDescription(details), trailers)
    }

    private fun told(error: StatusException, hasText: Boolean = false): EscalationError =
        escalationError(error, "127.0.0.1:1", "giant", hasText)

    @Test
    fun `what is tried again`() {
        assertTrue(mayRetry(ended(Code.UNAVAILABLE)))
        assertTrue(mayRetry(ended(Code.CANCELLED)))
        assertTrue(mayRetry(ended(Code.INTERNAL, "RST_STREAM closed stream. HTTP/2 error code: INTERNAL_ERROR")))
        assertFalse(mayRetry(ended(Code.INTERNAL, "internal error, id 0123456789ab")))
        for (code in listOf(Code.DEADLINE_EXCEEDED, Code.INVALID_ARGUMENT, Code.UNAUTHENTICATED)) {
            assertFalse(mayRetry(ended(code)))
        }
    }

    @Test
    fun `how long the service asks to wait`() {
        assertEquals(Duration.ZERO, pushback(StatusException(Status.UNAVAILABLE)))
        assertEquals(Duration.ZERO, pushback(ended(Code.UNAVAILABLE)))
        assertEquals(250.milliseconds, pushback(ended(Code.UNAVAILABLE, pushback = "250")))
        for (given in listOf("-1", "x", "", "1.5", "9".repeat(30))) {
            assertEquals(Duration.INFINITE, pushback(ended(Code.UNAVAILABLE, pushback = given)), given)
        }
    }

    @Test
    fun `the reason is of the status and of whether text had come`() {
        val expected =
            mapOf(
                Code.UNAVAILABLE to EscalationReason.UNAVAILABLE,
                Code.INTERNAL to EscalationReason.INTERNAL,
                Code.UNKNOWN to EscalationReason.INTERNAL,
                Code.PERMISSION_DENIED to EscalationReason.UNAUTHENTICATED,
                Code.RESOURCE_EXHAUSTED to EscalationReason.REFUSED,
                Code.FAILED_PRECONDITION to EscalationReason.REFUSED,
            )
        for ((code, reason) in expected) {
            assertEquals(reason, told(ended(code)).reason)
            assertEquals(EscalationReason.INTERRUPTED, told(ended(code), hasText = true).reason)
        }
        assertEquals(EscalationReason.DEADLINE, told(ended(Code.DEADLINE_EXCEEDED), hasText = true).reason)
        assertTrue("'giant'" in told(ended(Code.NOT_FOUND)).problem)
    }

    @Test
    fun `an error id is told, and no other word of the service`() {
        assertTrue("error id 0123456789ab" in told(ended(Code.INTERNAL, "internal error, id 0123456789ab")).problem)
        for (details in listOf("id canary456789", "id 0123456789abc", "idx 0123456789ab", "id")) {
            assertFalse("error id" in told(ended(Code.INTERNAL, details)).problem, details)
        }
        for (code in Code.entries - setOf(Code.OK, Code.FAILED_PRECONDITION, Code.INVALID_ARGUMENT)) {
            assertFalse("canary" in told(ended(code, "canary")).message.orEmpty())
        }
    }

    @Test
    fun `a refusal cannot write to the terminal`() {
        val details = "messages: bad\u001b[2J\n\u202e" + "x".repeat(5_000)
        val message = told(ended(Code.INVALID_ARGUMENT, details)).message.orEmpty()
        assertFalse(message.any { it == '\u001b' || it == '\n' || it == '\u202e' })
        assertTrue(message.length < 400)
    }
}
