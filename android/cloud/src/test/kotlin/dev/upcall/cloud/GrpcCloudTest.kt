package dev.upcall.cloud

import dev.upcall.cloud.testing.ScriptedService
import dev.upcall.core.CloudText
import dev.upcall.core.CloudUsage
import dev.upcall.core.EscalationError
import dev.upcall.core.EscalationReason
import dev.upcall.core.FinishReason
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertTrue

class GrpcCloudTest {
    private val long = "word ".repeat(200)
    private val slowly = """{"reply": "$long", "delay_s": 0.02}"""

    private fun serving(script: String, target: (ScriptedService) -> CloudEndpoint, test: Serving.() -> Unit) =
        ScriptedService(script).use { service ->
            GrpcCloud(target(service)).use { cloud -> Serving(service, cloud).test() }
        }

    private fun serving(script: String = "{}", test: Serving.() -> Unit) =
        serving(script, { CloudEndpoint(it.target) }, test)

    private class Serving(val service: ScriptedService, val cloud: GrpcCloud)

    @Test
    fun `an answer arrives whole`() = serving("""{"reply": "A bicycle has two wheels."}""") {
        val (text, usage) = cloud.ask()
        assertEquals(service.target, cloud.address)
        assertEquals("A bicycle has two wheels.", text)
        assertEquals(CloudUsage(4, 5, FinishReason.STOP), usage)
        assertEquals(FinishReason.LENGTH, cloud.ask(question(maxOutputTokens = 2)).second.finishReason)
        service.waitUntil { it.finished == 2 && it.aborted == 0 }
    }

    @Test
    fun `a question is asked when its flow is collected, and anew each time`() = serving {
        val answer = cloud.generate(question())
        assertEquals(0, service.counts().started)
        repeat(2) { runBlocking { answer.collect() } }
        assertEquals(2, service.counts().started)
    }

    @Test
    fun `cancelling the collector stops the engine`() = serving(slowly) {
        runBlocking {
            val asking = launch(Dispatchers.Default) { cloud.generate(question()).collect() }
            service.waitUntil { it.tokens > 2 }
            asking.cancelAndJoin()
        }
        service.waitUntil { it.aborted == 1 }
        val made = service.counts().tokens
        Thread.sleep(200)
        assertEquals(made, service.counts().tokens)
        assertTrue(made < 150)
    }

    @Test
    fun `leaving after the first text stops the engine`() = serving(slowly) {
        assertEquals("word", assertIs<CloudText>(runBlocking { cloud.generate(question()).first() }).text)
        service.waitUntil { it.aborted == 1 }
    }

    @Test
    fun `the deadline ends the answer and the engine`() = serving(slowly) {
        val error = cloud.fails(EscalationReason.DEADLINE, question(timeoutMs = 500))
        assertTrue("in time" in error.problem)
        service.waitUntil { it.aborted == 1 }
    }

    @Test
    fun `two questions are answered at once`() = serving(slowly) {
        val answers =
            runBlocking(Dispatchers.Default) {
                List(2) { async { cloud.generate(question(maxOutputTokens = 20)).toList() } }.awaitAll()
            }
        for (answer in answers) assertEquals(20, assertIs<CloudUsage>(answer.last()).outputTokens)
    }

    @Test
    fun `closing ends the answer that is under way`() = serving(slowly) {
        val error =
            assertFailsWith<EscalationError> {
                runBlocking { cloud.generate(question()).collect { if (it is CloudText) cloud.close() } }
            }
        assertEquals(EscalationReason.INTERRUPTED, error.reason)
        service.waitUntil { it.aborted == 1 }
    }

    @Test
    fun `an error of the collector is its own`() = serving {
        assertFailsWith<IllegalStateException> {
            runBlocking { cloud.generate(question()).collect { error("the collector's own") } }
        }
        assertEquals(1, service.counts().started)
    }

    @Test
    fun `a failure before the first text is tried again`() =
        serving("""{"reply": "Now it works.", "fail_after": 0, "failures": 1}""") {
            assertEquals("Now it works.", cloud.ask().first)
            assertEquals(2, service.counts().started)
        }

    @Test
    fun `the service says how long to wait and the deadline wins`() = serving("""{"fail_after": 0}""") {
        val began = System.nanoTime()
        cloud.fails(EscalationReason.UNAVAILABLE, question(timeoutMs = 900)) // it says 1 s
        assertTrue((System.nanoTime() - began) / 1_000_000 < 900)
        assertEquals(1, service.counts().started)
        cloud.fails(EscalationReason.UNAVAILABLE)
        assertEquals(3, service.counts().started, "at most two attempts")
    }

    @Test
    fun `a failure after the first text is not tried again`() = serving("""{"reply": "$long", "fail_after": 3}""") {
        cloud.fails(EscalationReason.INTERRUPTED)
        assertEquals(1, service.counts().started)
    }

    @Test
    fun `a wrong key is not tried again and the right one is taken`() =
        serving("""{"key": "upc_right"}""", { CloudEndpoint(it.target, apiKey = "upc_right") }) {
            assertEquals("The scripted engine answers this.", cloud.ask().first)
            for (key in listOf("", "upc_wrong")) {
                GrpcCloud(
                    CloudEndpoint(service.target, apiKey = key),
                ).use { it.fails(EscalationReason.UNAUTHENTICATED) }
            }
            assertEquals(1, service.counts().started)
        }

    @Test
    fun `refusals name the field and the model and never what is private`() = serving {
        val field = cloud.fails(EscalationReason.REFUSED, question(maxOutputTokens = 5_000))
        assertTrue("max_output_tokens" in field.problem)
        val private = cloud.fails(EscalationReason.REFUSED, question("Write to canary.person@example.org today."))
        assertTrue("EMAIL: 1" in private.problem)
        assertFalse("canary" in private.message.orEmpty())
        GrpcCloud(CloudEndpoint(service.target, model = "giant")).use {
            assertTrue("'giant'" in it.fails(EscalationReason.REFUSED).problem)
        }
    }

    @Test
    fun `an unexpected error shows an id and no content`() =
        serving("""{"fail_after": 0, "error": "zebra-canary-4711"}""") {
            val error = cloud.fails(EscalationReason.INTERNAL)
            assertTrue(Regex("error id [0-9a-f]{12}").containsMatchIn(error.problem))
            assertFalse("canary" in error.message.orEmpty())
        }
}
