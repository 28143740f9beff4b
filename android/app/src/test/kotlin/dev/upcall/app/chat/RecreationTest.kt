package dev.upcall.app.chat

import android.os.Bundle
import androidx.compose.ui.test.assertTextContains
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performTextInput
import androidx.lifecycle.SavedStateHandle
import androidx.test.core.app.ApplicationProvider
import dev.upcall.app.MainActivity
import dev.upcall.app.data.MessageState
import dev.upcall.app.data.RoomConversationStore
import dev.upcall.app.testing.PHONE
import dev.upcall.app.testing.STAYS
import dev.upcall.app.testing.TestApplication
import dev.upcall.app.testing.awaitText
import dev.upcall.app.testing.awaitThat
import dev.upcall.app.testing.deviceAnswer
import dev.upcall.app.testing.parts
import dev.upcall.core.Token
import dev.upcall.core.decision.Place
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config

@RunWith(RobolectricTestRunner::class)
@Config(application = TestApplication::class, qualifiers = PHONE)
class RecreationTest {
    @get:Rule
    val rule = createAndroidComposeRule<MainActivity>()

    private fun ask(question: String) {
        rule.onNodeWithTag(COMPOSER_TAG).performTextInput(question)
        rule.onNodeWithContentDescription("Send").performClick()
        rule.awaitThat { parts.scripted.asked.isNotEmpty() }
    }

    @Test
    fun `what is written survives a turn of the screen`() {
        rule.onNodeWithTag(COMPOSER_TAG).performTextInput("Half a quest")
        rule.activityRule.scenario.recreate()
        rule.onNodeWithTag(COMPOSER_TAG).assertTextContains("Half a quest")
    }

    @Test
    fun `an answer goes on while the screen turns`() {
        ask("Hello?")
        parts.scripted.feed(Token("Good ", Place.DEVICE))
        rule.awaitText("Good ")
        rule.activityRule.scenario.recreate()
        rule.awaitText("Good ")
        parts.scripted.feed(Token("morning.", Place.DEVICE), STAYS)
        rule.awaitText("Good morning.")
        parts.scripted.feed(*deviceAnswer(""))
        rule.awaitThat { parts.asker.ongoing.value.isEmpty() }
        assertEquals(0, parts.scripted.cancelledCount)
        assertEquals(1, parts.scripted.asked.size)
    }

    @Test
    fun `what is written survives the process, with the conversation it belongs to`() {
        lateinit var kept: Bundle
        rule.runOnUiThread {
            val saved = SavedStateHandle()
            val before = ChatViewModel(parts, saved)
            before.draft.edit { append("Half a quest") }
            before.show(7)
            kept = saved.savedStateProvider().saveState()
        }
        rule.runOnUiThread {
            val saved = SavedStateHandle.createHandle(kept, null)
            assertEquals("Half a quest", ChatViewModel(parts, saved).draft.text.toString())
            assertEquals(7L, saved["conversation"])
        }
    }

    @Test
    fun `an answer of a process that died is shown as far as it was written`() {
        ask("Count.")
        parts.scripted.feed(Token("One, two", Place.DEVICE))
        rule.awaitText("One, two")
        val context = ApplicationProvider.getApplicationContext<TestApplication>()
        // The process of a moment ago never finished the answer; another one opens the same file.
        runBlocking {
            val id = parts.conversations.conversations.first().single().id
            val answerId = parts.conversations.messages(id).first().last().id
            parts.conversations.keep(answerId, "One, two")
            RoomConversationStore(context).use { next ->
                val last = next.messages(id).first().last()
                assertEquals(MessageState.INTERRUPTED, last.state)
                assertEquals("One, two", last.text)
            }
        }
    }
}
