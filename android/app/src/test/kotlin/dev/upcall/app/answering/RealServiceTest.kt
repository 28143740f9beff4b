package dev.upcall.app.answering

import dev.upcall.app.settings.Settings
import dev.upcall.app.testing.Answering
import dev.upcall.app.testing.writeScriptedBundle
import dev.upcall.cloud.GrpcCloud
import dev.upcall.cloud.testing.ScriptedService
import dev.upcall.core.Answer
import dev.upcall.core.Token
import dev.upcall.core.asConversation
import dev.upcall.core.decision.Place
import dev.upcall.core.decision.Reason
import dev.upcall.core.decision.Strategy
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import kotlin.time.Duration.Companion.seconds

/** Over gRPC to the service of this checkout. */
@RunWith(RobolectricTestRunner::class)
class RealServiceTest {
    @get:Rule
    val temporary = TemporaryFolder()

    private val at by lazy { Answering(temporary.root.toPath()) }

    @After
    fun end(): Unit = at.close()

    private fun prepare(target: String, useTls: Boolean = false, key: String? = null) {
        writeScriptedBundle(at.root.resolve("tiny"))
        at.connect = { endpoint -> GrpcCloud(endpoint) }
        at.settings.settings.value = Settings(target, useTls, Strategy.CLOUD)
        runBlocking { key?.let { at.apiKey.write(it) } }
    }

    private fun answer(onCloudToken: () -> Unit = {}): Answer = runBlocking {
        withTimeout(60.seconds) {
            val answer = Answer()
            at.service.ask(asConversation("Write to ann.lee@example.com")).collect { event ->
                answer.add(event)
                if (event is Token && event.place == Place.CLOUD) onCloudToken()
            }
            answer
        }
    }

    @Test
    fun `the service answers what was masked`() {
        ScriptedService("""{"reply": "I wrote to nobody.", "key": "upc_key"}""").use { service ->
            prepare(service.target, key = "upc_key")
            val answer = answer()
            assertEquals("I wrote to nobody.", answer.done?.answer)
            assertEquals(Place.CLOUD, answer.decision?.place)
            assertTrue(answer.redacted!!.messages.none { "ann.lee" in it.content })
            at.clouds.forEach { it.close() }
        }
    }

    @Test
    fun `a key that was changed holds from the next question on`() {
        ScriptedService("""{"reply": "Hello.", "key": "upc_key"}""").use { service ->
            prepare(service.target, key = "upc_other")
            assertEquals(Reason.CLOUD_FAILED, answer().decision?.reason)
            runBlocking { at.apiKey.write("upc_key") }
            assertNull(answer().cloudError)
            at.clouds.forEach { it.close() }
        }
    }

    @Test
    fun `a service that dies in mid-answer leaves the answer to the device`() {
        ScriptedService("""{"reply": "One two three four five six.", "delay_s": 0.2}""").use { service ->
            prepare(service.target)
            val answer = answer(onCloudToken = service::kill)
            assertEquals("Hello from tiny.", answer.text)
            assertEquals(Reason.CLOUD_FAILED, answer.decision?.reason)
            assertEquals("escalation", answer.cloudError?.name)
            at.clouds.forEach { it.close() }
        }
    }

    @Test
    fun `a certificate that nobody vouches for is not trusted`() {
        val folder = temporary.newFolder("tls")
        ScriptedService("""{"reply": "Hello.", "tls_folder": "$folder"}""").use { service ->
            prepare(service.target, useTls = true)
            val answer = answer()
            assertEquals("Hello from tiny.", answer.done?.answer)
            assertTrue(answer.cloudError!!.nextStep, "TLS" in answer.cloudError!!.nextStep)
            at.clouds.forEach { it.close() }
        }
    }

    @Test
    fun `nobody at the address leaves the answer to the device`() {
        prepare("127.0.0.1:1")
        assertEquals("Hello from tiny.", answer().done?.answer)
        at.clouds.forEach { it.close() }
    }
}
