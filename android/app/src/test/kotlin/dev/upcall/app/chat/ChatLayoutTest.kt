package dev.upcall.app.chat

import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getOrNull
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.hasAnyAncestor
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.hasTestTag
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.onAllNodesWithContentDescription
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performTextInput
import dev.upcall.app.MainActivity
import dev.upcall.app.testing.PHONE
import dev.upcall.app.testing.TestApplication
import dev.upcall.app.testing.assertAccessible
import dev.upcall.app.testing.assertNothingClipped
import dev.upcall.app.testing.await
import dev.upcall.app.testing.awaitNamed
import dev.upcall.app.testing.awaitText
import dev.upcall.app.testing.awaitThat
import dev.upcall.app.testing.deviceAnswer
import dev.upcall.app.testing.parts
import dev.upcall.core.Token
import dev.upcall.core.decision.Place
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config

@RunWith(RobolectricTestRunner::class)
@Config(application = TestApplication::class, qualifiers = PHONE)
class ChatLayoutTest {
    @get:Rule
    val rule = createAndroidComposeRule<MainActivity>()

    private fun converse() {
        rule.onNodeWithTag(COMPOSER_TAG).performTextInput("Where does the sun rise?")
        rule.onNodeWithContentDescription("Send").performClick()
        rule.awaitThat { parts.scripted.asked.isNotEmpty() }
        parts.scripted.feed(*deviceAnswer("In the east, and it sets in the west."))
        rule.awaitNamed("Copy the answer")
    }

    @Test
    fun `all that can be pressed is named and large enough`() {
        rule.awaitText("Get a model")
        rule.assertAccessible()
        converse()
        rule.assertAccessible()
        rule.onNodeWithContentDescription("Conversations").performClick()
        rule.awaitNamed("More for Where does the sun rise?")
        rule.assertAccessible()
    }

    @Test
    @Config(fontScale = 2f)
    fun `nothing is cut off with type of twice the size`() {
        rule.awaitText("Get a model")
        rule.assertNothingClipped()
        converse()
        rule.assertNothingClipped()
        rule.assertAccessible()
        rule.onNodeWithTag(COMPOSER_TAG).assertIsDisplayed()
    }

    @Test
    @Config(qualifiers = "+ar-ldrtl")
    fun `the layout turns for scripts that run from right to left`() {
        converse()
        val menu = rule.onNodeWithContentDescription("Conversations").fetchSemanticsNode().boundsInRoot
        val send = rule.onNodeWithContentDescription("Send").fetchSemanticsNode().boundsInRoot
        assertTrue(menu.center.x > send.center.x)
        val inList = hasAnyAncestor(hasTestTag(MESSAGES_TAG))
        val question = rule.onNode(hasText("Where does the sun rise?") and inList).fetchSemanticsNode().boundsInRoot
        val answer = rule.onNodeWithText("In the east", substring = true).fetchSemanticsNode().boundsInRoot
        assertTrue(question.center.x < answer.center.x || question.left < answer.left)
        rule.assertNothingClipped()
    }

    @Test
    @Config(qualifiers = "w1280dp-h800dp-mdpi")
    fun `from 840 dp on the conversations stand beside the chat`() {
        converse()
        rule.await(hasContentDescription("More for Where does the sun rise?"))
        rule.onAllNodesWithContentDescription("Conversations").fetchSemanticsNodes().let { assertTrue(it.isEmpty()) }
        rule.onNodeWithText("Settings").assertIsDisplayed()
        rule.assertAccessible()
    }

    @Test
    fun `the state of the answer is spoken politely, and its words are not`() {
        rule.onNodeWithTag(COMPOSER_TAG).performTextInput("Hello?")
        rule.onNodeWithContentDescription("Send").performClick()
        parts.scripted.feed(Token("Good morn", Place.DEVICE))
        rule.awaitText("Good morn")
        val state = rule.onNodeWithTag(STATE_TAG).fetchSemanticsNode().config
        assertEquals(LiveRegionMode.Polite, state.getOrNull(SemanticsProperties.LiveRegion))
        val words = rule.onNode(hasText("Good morn")).fetchSemanticsNode().config
        assertEquals(null, words.getOrNull(SemanticsProperties.LiveRegion))
    }
}
