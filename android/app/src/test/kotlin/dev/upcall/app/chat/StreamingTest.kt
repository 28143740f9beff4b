package dev.upcall.app.chat

import androidx.activity.ComponentActivity
import androidx.compose.foundation.lazy.LazyListState
import androidx.compose.runtime.Composer
import androidx.compose.runtime.CompositionTracer
import androidx.compose.runtime.InternalComposeTracingApi
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.setValue
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performTouchInput
import androidx.compose.ui.test.swipeDown
import dev.upcall.app.data.Asked
import dev.upcall.app.data.ChatMessage
import dev.upcall.app.data.MessageState
import dev.upcall.app.testing.STAYS
import dev.upcall.app.theme.UpcallTheme
import dev.upcall.core.Answer
import dev.upcall.core.Role
import dev.upcall.core.Token
import dev.upcall.core.decision.Place
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

private const val MESSAGES = 1_000L
private const val TOKENS = 100

@OptIn(InternalComposeTracingApi::class) // the only way to count recompositions without touching what is counted
@RunWith(RobolectricTestRunner::class)
class StreamingTest {
    @get:Rule
    val rule = createAndroidComposeRule<ComponentActivity>()

    private val composed = mutableMapOf<String, Int>()
    private val ongoing = OngoingAnswer(Asked(1, MESSAGES))
    private val answer = Answer().apply { add(STAYS) }
    private val list = LazyListState()
    private val messages =
        (1..MESSAGES).map {
            val role = if (it % 2 == 1L) Role.USER else Role.ASSISTANT
            val state = if (it == MESSAGES) MessageState.STREAMING else MessageState.DONE
            ChatMessage(it, 1, role, if (it == MESSAGES) "" else "Message $it", state, it, Place.DEVICE)
        }
    private val actions = MessageActions({ ongoing.takeIf { _ -> it == MESSAGES } }, {}, {}, {}, {}, {}, {})
    private var chat by mutableStateOf(ChatState(1, "Long", messages, isAnswering = true))

    private fun show() {
        Composer.setTracer(
            object : CompositionTracer {
                override fun isTraceInProgress() = true

                override fun traceEventStart(key: Int, dirty1: Int, dirty2: Int, info: String) {
                    composed.merge(info.substringBefore(" ("), 1, Int::plus)
                }

                override fun traceEventEnd() = Unit
            },
        )
        rule.setContent { UpcallTheme { MessageList(chat, actions, state = list) } }
        rule.waitForIdle()
    }

    @After
    fun stopTracing() {
        Composer.setTracer(null)
    }

    private fun stream(tokens: Int) = repeat(tokens) {
        answer.add(Token("word ", Place.DEVICE))
        rule.runOnUiThread { ongoing.show(answer) }
        rule.waitForIdle()
    }

    private fun count(name: String): Int = composed.filterKeys { it.substringAfterLast('.') == name }.values.sum()

    @Test
    fun `only the row of the answer is composed anew while it streams`() {
        show()
        // The tracer is at work, and 1,000 rows are not composed for one window.
        assertTrue(count("MessageRow") in 1..30)
        stream(1)
        composed.clear()
        stream(TOKENS)
        assertTrue("$composed", count("OngoingText") in TOKENS..2 * TOKENS)
        for (name in listOf("MessageList", "MessageRow", "QuestionRow", "AnswerRow", "AnswerButtons", "OngoingRow")) {
            assertEquals("$name: $composed", 0, count(name))
        }
        rule.onNodeWithText("word word", substring = true).assertIsDisplayed()
    }

    @Test
    fun `the rows that stay are not composed anew when the answer is whole`() {
        show()
        stream(3)
        composed.clear()
        val whole = messages.last().copy(text = answer.text, state = MessageState.DONE)
        rule.runOnUiThread {
            chat =
                chat.copy(messages = messages.map { it.copy() }.dropLast(1) + whole, isAnswering = false)
        }
        rule.waitForIdle()
        assertEquals("$composed", 1, count("AnswerRow"))
        assertEquals("$composed", 0, count("QuestionRow"))
    }

    @Test
    fun `the end stays in view, unless the user has scrolled away`() {
        show()
        stream(TOKENS)
        assertFalse(list.canScrollForward)
        rule.onNodeWithTag(MESSAGES_TAG).performTouchInput { swipeDown() }
        rule.waitForIdle()
        val first = list.firstVisibleItemIndex to list.firstVisibleItemScrollOffset
        stream(TOKENS)
        assertTrue(list.canScrollForward)
        assertEquals(first, list.firstVisibleItemIndex to list.firstVisibleItemScrollOffset)
    }
}
