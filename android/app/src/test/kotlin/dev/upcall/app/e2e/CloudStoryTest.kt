package dev.upcall.app.e2e

import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performTextInput
import androidx.compose.ui.test.performTextReplacement
import dev.upcall.app.MainActivity
import dev.upcall.app.testing.FakeAndroidKeyStore
import dev.upcall.app.testing.await
import dev.upcall.app.testing.awaitNamed
import dev.upcall.app.testing.awaitText
import dev.upcall.app.testing.awaitThat
import dev.upcall.cloud.testing.ScriptedService
import dev.upcall.core.Message
import dev.upcall.core.decision.Reason
import dev.upcall.core.decision.Strategy
import dev.upcall.core.redaction.EntityType
import dev.upcall.core.testing.says
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config

private const val KEY = "upc_right"
private const val QUESTION = "Write to ann.lee@example.com about Heron"

/** Ends with this process. */
private val service by lazy { ScriptedService("""{"repeats": true, "key": "$KEY"}""") }

/** A device that is not sure, and the real service, which repeats what it was asked. */
@RunWith(RobolectricTestRunner::class)
@Config(application = WholeApplication::class, qualifiers = TALL)
class CloudStoryTest {
    @get:Rule(order = 0)
    val keys = FakeAndroidKeyStore()

    @get:Rule(order = 1)
    val phone =
        Phone {
            install(threshold = -0.1, script = says("Perhaps.", probability = 0.5))
            call(service.target)
            change { it.copy(ownTerms = listOf("Heron")) }
            runBlocking { parts.apiKey.write(KEY) }
        }

    @get:Rule(order = 2)
    val rule = createAndroidComposeRule<MainActivity>()

    private val before = service.received().size

    private fun received(): List<List<Message>> = service.received().drop(before)

    private fun askTheCloud(question: String) {
        rule.ask(question)
        rule.approve()
        rule.awaitNamed("Answer again")
    }

    @Test
    fun `it leaves as it was shown, comes back restored, and why tells what the service received`() {
        rule.ask(QUESTION)
        rule.awaitText("Before it leaves")
        rule.onNodeWithText("[[EMAIL_1_", substring = true).assertIsDisplayed()
        for (words in listOf("E-mail addresses", "Your own terms")) rule.onNodeWithText(words).assertIsDisplayed()
        assertTrue("nothing leaves before it is approved", received().isEmpty())
        rule.tap("Send")
        rule.awaitNamed("Answer again")
        rule.awaitText("From the cloud")
        assertEquals("restored", QUESTION, phone.messages().last().text)

        val arrived = received().single()
        assertFalse(arrived.any { "ann.lee" in it.content || "Heron" in it.content })
        rule.askWhy()
        rule.onNodeWithText("The device was not sure enough of its answer.").assertIsDisplayed()
        rule.onNodeWithText("To ${service.target}, exactly this:").assertIsDisplayed()
        for (message in arrived) rule.onNodeWithText(message.content).assertIsDisplayed()
        val trace = phone.trace()
        assertEquals(arrived.map { it.role to it.content }, trace.sent.map { it.role to it.content })
        assertEquals(mapOf(EntityType.EMAIL to 1, EntityType.CUSTOM to 1), trace.masked)
        assertEquals(2, trace.restoredCount)
        assertEquals("as the service counted", arrived.sumOf { it.content.split(' ').size }, trace.usage?.inputTokens)
        assertEquals(arrived.last().content.split(' ').size, trace.usage?.outputTokens)
    }

    @Test
    fun `what the user keeps is answered on the device and does not reach the service`() {
        rule.ask(QUESTION)
        rule.awaitText("Before it leaves")
        rule.tap("Answer on the device")
        rule.awaitText("Perhaps.")
        rule.askWhy()
        rule.onNodeWithText("You saw what would leave and kept it here.").assertIsDisplayed()
        assertTrue(received().isEmpty())
    }

    @Test
    fun `a value keeps its placeholder in a conversation and has another one in the next`() {
        askTheCloud(QUESTION)
        askTheCloud("Now write to ann.lee@example.com again")
        rule.press("New conversation")
        rule.awaitText("Ask anything")
        askTheCloud(QUESTION)
        val placeholders = received().map { request -> placeholder(request.last()) }
        assertEquals(placeholders[0], placeholders[1])
        assertNotEquals(placeholders[0], placeholders[2])
        assertTrue(
            "the answer went along, masked again",
            placeholders[0] in received()[1][received()[1].size - 2].content,
        )
    }

    private fun placeholder(message: Message): String =
        checkNotNull(Regex("\\[\\[EMAIL_1_..]]").find(message.content)).value

    @Test
    fun `an answer is made again by asking the service again`() {
        askTheCloud(QUESTION)
        rule.press("Answer again")
        rule.approve()
        rule.awaitThat { received().size == 2 }
        rule.awaitNamed("Answer again")
        assertEquals(received()[0].map { it.content }, received()[1].map { it.content })
        assertEquals(2, phone.messages().size)
    }

    @Test
    fun `what is changed on the settings screen holds from the next question on`() {
        askTheCloud("First")
        rule.open("Settings")
        rule.tap("On this device only")
        rule.goBack()
        rule.ask("Second")
        rule.await(hasText("Second") and isInChat)
        rule.awaitNamed("Answer again")
        assertEquals("Perhaps.", phone.messages().last().text)
        assertEquals(Reason.STRATEGY, phone.trace().reason)
        assertEquals(1, received().size)
        rule.open("Settings")
        rule.tap("In the cloud, if nothing speaks against it")
        rule.goBack()
        askTheCloud("Third")
        assertEquals(2, received().size)
        assertEquals(Strategy.CLOUD, phone.trace().strategy)
    }

    @Test
    fun `a service is set up on the settings screen, with its key`() {
        phone.change { it.copy(cloudTarget = "", useTls = true) }
        runBlocking { phone.parts.apiKey.delete() }
        rule.open("Settings")
        rule.tap("Encrypt the connection (TLS)")
        rule.onNode(hasSetTextAction() and hasText("Address")).performTextReplacement("cloud.example.com:443")
        rule.awaitText("would show the words to the network")
        rule.onNode(hasSetTextAction() and hasText("Address")).performTextReplacement(service.target)
        rule.awaitThat { runBlocking { phone.parts.settings.settings.first().cloudTarget } == service.target }
        rule.goBack()
        rule.ask("Without a key")
        rule.approve()
        rule.awaitText("Perhaps.")
        assertTrue("the service does not take it", received().isEmpty())
        rule.open("Settings")
        rule.onNode(hasSetTextAction() and hasText("Key of the service")).performTextInput(KEY)
        rule.tap("Keep the key")
        rule.await(hasText("One is kept", substring = true))
        rule.goBack()
        askTheCloud("With the key")
        assertEquals("With the key", received().single().last().content)
    }
}
