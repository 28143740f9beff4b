package dev.upcall.app.chat

import androidx.activity.ComponentActivity
import androidx.compose.foundation.text.input.TextFieldState
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.setValue
import androidx.compose.ui.input.key.Key
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performKeyInput
import androidx.compose.ui.test.performTextInput
import androidx.compose.ui.test.performTextReplacement
import androidx.compose.ui.test.pressKey
import androidx.compose.ui.test.requestFocus
import androidx.compose.ui.test.withKeyDown
import dev.upcall.app.theme.UpcallTheme
import dev.upcall.core.MAX_MESSAGE_CHARACTERS
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime

@RunWith(RobolectricTestRunner::class)
class ComposerTest {
    @get:Rule
    val rule = createAndroidComposeRule<ComponentActivity>()

    private val draft = TextFieldState()
    private val limit = LengthLimit(MAX_MESSAGE_CHARACTERS)
    private var isAnswering by mutableStateOf(false)
    private var sentCount = 0
    private var stoppedCount = 0

    private fun field() = rule.onNodeWithTag(COMPOSER_TAG)

    @Before
    fun show() = rule.setContent {
        UpcallTheme { Composer(draft, isAnswering, limit, onSend = { sentCount++ }, onStop = { stoppedCount++ }) }
    }

    @Test
    fun `Enter sends, Shift and Enter make a line`() {
        field().performTextInput("One")
        field().requestFocus()
        field().performKeyInput { withKeyDown(Key.ShiftLeft) { pressKey(Key.Enter) } }
        assertEquals("One\n", draft.text.toString())
        assertEquals(0, sentCount)
        field().performKeyInput { pressKey(Key.Enter) }
        assertEquals(1, sentCount)
        assertEquals("One\n", draft.text.toString())
    }

    @Test
    fun `while an answer is made the button stops it and Enter sends nothing`() {
        isAnswering = true
        field().performTextInput("Next question")
        field().requestFocus()
        field().performKeyInput { pressKey(Key.Enter) }
        assertEquals(0, sentCount)
        rule.onNodeWithContentDescription("Stop the answer").performClick()
        assertEquals(1, stoppedCount)
    }

    @Test
    fun `a hundred thousand characters are cut with a word, and hold nothing up`() {
        val taken =
            measureTime {
                field().performTextReplacement("word ".repeat(20_000))
                rule.waitForIdle()
            }
        assertEquals(MAX_MESSAGE_CHARACTERS, draft.text.length)
        rule.onNodeWithText("A question has at most", substring = true).assertIsDisplayed()
        assertTrue("It took $taken", taken < 30.seconds) // on a busy machine; under one on a quiet one
        field().performTextReplacement("short")
        rule.onNodeWithText("A question has at most", substring = true).assertDoesNotExist()
    }
}
