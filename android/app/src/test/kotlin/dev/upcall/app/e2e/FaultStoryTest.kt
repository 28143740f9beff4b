package dev.upcall.app.e2e

import android.content.ComponentCallbacks2
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import dev.upcall.app.MainActivity
import dev.upcall.app.data.ChatMessage
import dev.upcall.app.data.MessageState
import dev.upcall.app.testing.await
import dev.upcall.app.testing.awaitGone
import dev.upcall.app.testing.awaitNamed
import dev.upcall.app.testing.awaitText
import dev.upcall.app.testing.awaitThat
import dev.upcall.app.testing.writeScriptedBundle
import dev.upcall.cloud.testing.ScriptedService
import dev.upcall.core.MODEL_ONNX
import dev.upcall.core.decision.Place
import dev.upcall.core.decision.Reason
import dev.upcall.core.decision.Strategy
import dev.upcall.core.testing.says
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.double
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import java.net.InetAddress
import java.net.ServerSocket
import java.nio.file.Files

private const val DAY_S = 86_400

/** What goes wrong between a phone and a service, as the user sees it. */
@RunWith(RobolectricTestRunner::class)
@Config(application = WholeApplication::class, qualifiers = TALL)
class FaultStoryTest {
    @get:Rule(order = 0)
    val folder = TemporaryFolder()

    @get:Rule(order = 1)
    val phone =
        Phone {
            install(script = says("The device says so."))
            change { it.copy(strategy = Strategy.CLOUD, showsBeforeSending = false) }
        }

    @get:Rule(order = 2)
    val rule = createAndroidComposeRule<MainActivity>()

    /** The answer, once it is whole or has failed. */
    private fun answerTo(question: String): ChatMessage {
        rule.ask(question)
        rule.await(hasText(question) and isInChat)
        rule.awaitNamed("Answer again")
        return phone.messages().last()
    }

    private fun assertAnsweredHere(answer: ChatMessage, problem: String) {
        assertEquals("The device says so." to Place.DEVICE, answer.text to answer.place)
        assertTrue(answer.error.orEmpty(), problem in answer.error.orEmpty())
        rule.awaitText(problem)
    }

    @Test
    fun `where nobody answers, the device does and says so`() {
        val port = ServerSocket(0, 1, InetAddress.getLoopbackAddress()).use { it.localPort }
        phone.call("127.0.0.1:$port")
        assertAnsweredHere(answerTo("Hello?"), "127.0.0.1:$port cannot be reached")
        assertEquals(Reason.CLOUD_FAILED, phone.trace().reason)
    }

    @Test
    fun `a service whose certificate is of a stranger is not told a word`() {
        val script = """{"tls_folder": "${folder.root}", "reply": "The cloud says so."}"""
        ScriptedService(script).use { service ->
            phone.change { it.copy(cloudTarget = service.target, useTls = true) }
            assertAnsweredHere(answerTo("To the system's authorities"), "cannot be reached")
            phone.app.authority = folder.root.toPath().resolve("stranger.pem")
            phone.change { it.copy(cloudTarget = "localhost:${service.port}") } // another connection
            assertAnsweredHere(answerTo("To a stranger"), "cannot be reached")
            assertTrue(service.received().isEmpty())

            phone.app.authority = folder.root.toPath().resolve("authority.pem")
            phone.change { it.copy(cloudTarget = service.target) }
            assertEquals("The cloud says so.", answerTo("To the right one").text)
            assertEquals(1, service.received().size)
        }
    }

    @Test
    fun `memory that is wanted back is given, and the next question opens the model again`() {
        answerTo("Hello?")
        assertTrue(phone.engines.closed.isEmpty())
        phone.app.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_UI_HIDDEN) // only out of sight
        rule.waitForIdle()
        assertTrue(phone.engines.closed.isEmpty())
        phone.app.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_BACKGROUND)
        rule.awaitThat { phone.engines.closed == listOf("tiny") }
        assertEquals("The device says so.", answerTo("And now?").text)
        assertEquals(listOf("tiny", "tiny"), phone.engines.opened)
    }

    @Test
    fun `a damaged model is said, with what to do, and a whole one in its place answers`() {
        Files.write(phone.models.resolve("tiny/$MODEL_ONNX"), ByteArray(1000))
        val failed = answerTo("Hello?")
        assertEquals(MessageState.FAILED, failed.state)
        rule.awaitText(MODEL_ONNX)
        rule.awaitText("There is no answer.")
        assertTrue(phone.engines.opened.isEmpty())
        writeScriptedBundle(phone.models.resolve("tiny"))
        rule.press("Answer again")
        rule.awaitText("The device says so.")
        rule.awaitGone(hasText("There is no answer."))
    }

    @Test
    fun `a clock that is set back gives no more calls`() {
        ScriptedService("""{"reply": "The cloud says so."}""").use { service ->
            phone.call(service.target)
            phone.change { it.copy(mostCallsPerDay = 1) }
            assertEquals("The cloud says so.", answerTo("The one call").text)
            assertEquals("The device says so.", answerTo("None is left").text)
            assertEquals(Reason.OVER_BUDGET, phone.trace().reason)
            moveBudgetAhead(DAY_S) // as if the clock had been set back by a day since it was written
            assertEquals("The device says so.", answerTo("The day before").text)
            assertEquals(Reason.OVER_BUDGET, phone.trace().reason)
            assertEquals(1, service.counts().started)
            moveBudgetAhead(-3 * DAY_S) // and a day on from when it was written, it is another day
            assertEquals("The cloud says so.", answerTo("The day after").text)
        }
    }

    private fun moveBudgetAhead(seconds: Int) {
        val file = phone.app.filesDir.resolve("budget.json")
        val calls = Json.parseToJsonElement(file.readText()).jsonObject.getValue("calls").jsonObject
        val updated = calls.getValue("updated_at_s").jsonPrimitive
        file.writeText(file.readText().replace(updated.content, "${updated.double + seconds}"))
    }

    @Test
    fun `what fails in the cloud leaves no trace of another answer`() {
        ScriptedService("""{"reply": "One two three", "fail_after": 2}""").use { service ->
            phone.call(service.target)
            assertAnsweredHere(answerTo("Hello?"), "was cut off")
            assertTrue(phone.messages().none { "One" in it.text })
            assertNull(phone.trace().error)
        }
    }
}
