package dev.upcall.app.preview

import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performFirstLinkClick
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performScrollToNode
import androidx.compose.ui.test.performTextInput
import androidx.compose.ui.test.performTextInputSelection
import androidx.compose.ui.text.TextRange
import dev.upcall.app.MainActivity
import dev.upcall.app.chat.COMPOSER_TAG
import dev.upcall.app.testing.Connection
import dev.upcall.app.testing.PHONE
import dev.upcall.app.testing.TestApplication
import dev.upcall.app.testing.assertAccessible
import dev.upcall.app.testing.assertNothingClipped
import dev.upcall.app.testing.awaitGone
import dev.upcall.app.testing.awaitNamed
import dev.upcall.app.testing.awaitText
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config

/** The real search, decision and vault; the cloud repeats what it was sent. */
@RunWith(RobolectricTestRunner::class)
@Config(application = TestApplication::class, qualifiers = PHONE)
class PreviewScreenTest {
    @get:Rule(order = 0)
    val connection = Connection()

    @get:Rule(order = 1)
    val rule = createAndroidComposeRule<MainActivity>()

    private val cloud get() = connection.cloud
    private val sent get() = connection.sent

    private fun ask(question: String) {
        rule.onNodeWithTag(COMPOSER_TAG).performTextInput(question)
        rule.onNodeWithContentDescription("Send").performClick()
        rule.awaitText("Before it leaves")
    }

    private fun edit(change: () -> Unit) {
        rule.onNodeWithTag(DEPARTURE_TAG).performScrollToNode(hasContentDescription("Edit: You"))
        rule.onNodeWithContentDescription("Edit: You").performClick()
        change()
    }

    private fun field() = rule.onNode(hasSetTextAction())

    @Test
    fun `nothing leaves before it was seen, and then exactly what was seen`() {
        ask("Write to ann.lee@example.com")
        rule.onNodeWithText("This would leave the device for 127.0.0.1:50051", substring = true).assertIsDisplayed()
        rule.onNodeWithText("E-mail addresses").assertIsDisplayed()
        assertTrue(cloud.questions.isEmpty())
        rule.onNodeWithText("Send").performClick()
        rule.awaitText("You said: Write to ann.lee@example.com")
        assertFalse("ann.lee" in sent)
        assertTrue("[[EMAIL_1_" in sent)
    }

    @Test
    @Config(fontScale = 2f, qualifiers = "+ar-ldrtl")
    fun `all can be read and pressed with type of twice the size, from right to left`() {
        ask("Write to ann.lee@example.com")
        rule.assertNothingClipped()
        rule.assertAccessible()
        rule.onNodeWithText("Answer on the device").assertIsDisplayed()
        rule.onNodeWithText("Send").performClick()
        rule.awaitText("You said: Write to ann.lee@example.com")
    }

    @Test
    fun `kept, it is answered on the device and nothing leaves`() {
        ask("Write to ann.lee@example.com")
        rule.onNodeWithText("Answer on the device").performClick()
        rule.awaitText("Hello from tiny.")
        assertTrue(cloud.questions.isEmpty())
    }

    @Test
    fun `a selection is masked, sent as a placeholder, and restored in the answer`() {
        ask("Tell me about Heron, and Heron alone")
        edit {
            rule.onNodeWithText("Mask the selection").assertIsNotEnabled()
            field().performTextInputSelection(TextRange(14, 19))
            rule.onNodeWithText("Mask the selection").performScrollTo().performClick()
        }
        rule.onNodeWithText("Send as changed").performClick()
        rule.awaitText("You said: Tell me about Heron, and Heron alone")
        assertTrue(sent, Regex("Tell me about (\\[\\[CUSTOM_1_..]]), and \\1 alone").matches(sent))
    }

    @Test
    fun `what was edited is searched again, and shown again if more had to be masked`() {
        ask("Hello there")
        edit { field().performTextInput(", I am bob@example.com") }
        rule.onNodeWithText("Send as changed").performClick()
        rule.awaitText("More was found in what you changed")
        assertTrue(cloud.questions.isEmpty())
        rule.onNodeWithText("Send").performClick()
        rule.awaitText("You said: Hello there, I am bob@example.com")
        assertFalse("bob" in sent)
    }

    @Test
    fun `a mask says what it stands for, and can be taken out after a warning`() {
        ask("Write to ann.lee@example.com now")
        rule.onNode(hasText("[[EMAIL_1_", substring = true)).performFirstLinkClick()
        rule.awaitText("ann.lee@example.com")
        rule.onNodeWithText("the answer may miss the point", substring = true).assertIsDisplayed()
        rule.onNodeWithText("Take it out").performClick()
        rule.onNodeWithText("Send as changed").performClick()
        rule.awaitText("You said: Write to … now")
    }

    @Test
    fun `what was taken out does not leave with the next question either`() {
        ask("Write to ann.lee@example.com now")
        rule.onNode(hasText("[[EMAIL_1_", substring = true)).performFirstLinkClick()
        rule.awaitText("ann.lee@example.com")
        rule.onNodeWithText("Take it out").performClick()
        rule.onNodeWithText("Send as changed").performClick()
        rule.awaitText("You said: Write to … now")
        ask("And then?")
        rule.onNodeWithText("Send").performClick()
        rule.awaitText("You said: And then?")
        val left = cloud.questions.last().redacted.messages.map { it.content }
        assertTrue("$left", "Write to … now" in left)
        assertFalse("$left", left.any { "EMAIL_1" in it })
    }

    @Test
    fun `a change survives a turn of the screen`() {
        ask("Hello there")
        edit { field().performTextInput(" again") }
        rule.activityRule.scenario.recreate()
        rule.awaitText("Hello there again")
        rule.onNodeWithText("Send as changed").performClick()
        rule.awaitText("You said: Hello there again")
    }

    @Test
    fun `who goes back finds the question waiting`() {
        ask("Hello there")
        rule.onNodeWithContentDescription("Back").performClick()
        rule.awaitText("Waiting for you")
        rule.onNodeWithText("See what would leave").performClick()
        rule.awaitText("Before it leaves")
        rule.onNodeWithContentDescription("Back").performClick()
        rule.awaitNamed("Stop the answer")
        rule.onNodeWithContentDescription("Stop the answer").performClick()
        rule.awaitText("You stopped this answer.")
        assertTrue(cloud.questions.isEmpty())
    }

    @Test
    fun `without the model for names it is said that they are not looked for`() {
        ask("Hello there")
        rule.onNodeWithText("Names of people are not looked for", substring = true).assertIsDisplayed()
        rule.onNodeWithText("Answer on the device").performClick()
        rule.awaitGone(hasText("Before it leaves"))
    }
}
