package dev.upcall.app.e2e

import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.onNodeWithText
import dev.upcall.app.MainActivity
import dev.upcall.app.data.MessageState
import dev.upcall.app.testing.awaitGone
import dev.upcall.app.testing.awaitNamed
import dev.upcall.app.testing.awaitText
import dev.upcall.app.testing.awaitThat
import dev.upcall.app.testing.tinyBundle
import dev.upcall.core.Role
import dev.upcall.core.decision.Place
import dev.upcall.core.decision.Reason
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config

private const val TOKENS = 12

/** Without a cloud: the real engine on a real model, from the screen to the database and back. */
@RunWith(RobolectricTestRunner::class)
@Config(application = WholeApplication::class, qualifiers = TALL)
class DeviceStoryTest {
    @get:Rule(order = 0)
    val phone =
        Phone {
            install(tinyBundle, "tiny")
            change { it.copy(mostOutputTokens = TOKENS) }
        }

    @get:Rule(order = 1)
    val rule = createAndroidComposeRule<MainActivity>()

    private fun askAndWait(question: String) {
        rule.ask(question)
        rule.awaitText(question)
        rule.awaitNamed("Answer again")
    }

    @Test
    fun `a question is answered on the device, which tells why, and nothing leaves`() {
        askAndWait("What is the capital of France?")
        rule.onNodeWithText("On this device").assertIsDisplayed()
        val (question, answer) = phone.messages()
        assertEquals("What is the capital of France?", question.text)
        assertEquals(MessageState.DONE to Place.DEVICE, answer.state to answer.place)
        assertTrue(answer.text.isNotEmpty())
        rule.askWhy()
        for (words in listOf("No cloud service is set up.", "Nothing.", "Tokens written", "$TOKENS")) {
            rule.onNodeWithText(words).assertIsDisplayed()
        }
        val trace = phone.trace()
        assertEquals(Reason.NO_CLOUD to null, trace.reason to trace.address)
        assertTrue(trace.sent.isEmpty())
        assertEquals(TOKENS, trace.usage?.outputTokens)
    }

    @Test
    fun `an answer is made again in its place, by the model that is open already`() {
        askAndWait("Hello?")
        val before = phone.messages()
        val passes = phone.engines.passes.get()
        rule.press("Answer again")
        rule.awaitThat { phone.engines.passes.get() > passes && phone.messages().last().state == MessageState.DONE }
        val after = phone.messages()
        // The same words: it is not sampled.
        assertEquals(before.map { it.id to it.text }, after.map { it.id to it.text })
        assertEquals(listOf("tiny"), phone.engines.opened)
    }

    @Test
    fun `conversations are kept apart`() {
        askAndWait("About trains")
        rule.press("New conversation")
        rule.awaitText("Ask anything")
        askAndWait("About boats")
        rule.awaitGone(hasText("About trains") and isInChat)
        rule.press("Conversations")
        rule.tap("About trains")
        rule.awaitThat { rule.onAllNodes(hasText("About trains") and isInChat).fetchSemanticsNodes().isNotEmpty() }
        rule.awaitGone(hasText("About boats") and isInChat)
        askAndWait("And how fast?")
        val titles = runBlocking { phone.parts.conversations.conversations.first().map { it.title } }
        assertEquals(listOf("About trains", "About boats"), titles)
        assertEquals(
            listOf("About trains", "And how fast?"),
            phone.messages().filter { it.role == Role.USER }.map { it.text },
        )
        assertNull(phone.trace().error)
    }
}
