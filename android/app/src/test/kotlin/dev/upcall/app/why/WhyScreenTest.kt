package dev.upcall.app.why

import androidx.activity.ComponentActivity
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.test.SemanticsMatcher
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import dev.upcall.app.data.AnswerTrace
import dev.upcall.app.data.Asked
import dev.upcall.app.data.MessageState
import dev.upcall.app.testing.PHONE
import dev.upcall.app.testing.TestApplication
import dev.upcall.app.testing.assertAccessible
import dev.upcall.app.testing.assertNothingClipped
import dev.upcall.app.testing.awaitText
import dev.upcall.app.testing.parts
import dev.upcall.app.theme.UpcallTheme
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config

@RunWith(RobolectricTestRunner::class)
@Config(application = TestApplication::class, qualifiers = PHONE)
class WhyScreenTest {
    @get:Rule
    val rule = createAndroidComposeRule<ComponentActivity>()

    private var wentBack = false

    private fun show(trace: AnswerTrace?) {
        val asked: Asked = runBlocking { parts.conversations.ask(null, "Where?") }
        if (trace != null) {
            runBlocking { parts.conversations.finish(asked.answerId, MessageState.DONE, "There.", trace) }
        }
        val viewModel = WhyViewModel(parts.conversations, asked.answerId)
        rule.setContent { UpcallTheme { WhyScreen(viewModel) { wentBack = true } } }
    }

    private fun assertSaid(vararg texts: String) = texts.forEach {
        rule.onNodeWithText(it, substring = true).performScrollTo().assertIsDisplayed()
    }

    @Test
    fun `an answer of the cloud shows the numbers, the masks, and what left to whom`() {
        show(CLOUD_TRACE)
        rule.awaitText("From the cloud")
        assertSaid("The device was not sure enough of its answer.")
        assertSaid("41 % (-0.90)", "51 % (-0.68)", "61 % (-0.50)", "-10 points", "Metered network")
        assertSaid("E-mail addresses", "Names of people", "Put back in the answer")
        assertSaid("To cloud.example.com:443, exactly this:", "Write to [[EMAIL_1_k7]] about [[PERSON_1_k7]].")
        assertSaid("38.4 tokens/s", "412 ms", "2310 ms")
        rule.assertAccessible()
        rule.assertNothingClipped()
    }

    @Test
    @Config(fontScale = 2f, qualifiers = "+ar-ldrtl")
    fun `nothing is cut off with type of twice the size, from right to left`() {
        show(CLOUD_TRACE)
        rule.awaitText("From the cloud")
        rule.assertNothingClipped()
        assertSaid("What it took")
        rule.assertNothingClipped()
    }

    @Test
    fun `an answer in the cloud's place tells what failed and what it cost`() {
        show(FALLBACK_TRACE)
        rule.awaitText("On this device")
        assertSaid("The cloud was asked and gave no whole answer.", "The cloud gave no answer")
        assertSaid("The cloud service does not answer.", "Lost on a failed call", "1500 ms", "none")
    }

    @Test
    fun `nothing left, and that is said`() {
        show(DEVICE_TRACE)
        rule.awaitText("On this device")
        assertSaid("The device was sure enough of its answer.", "Nothing.")
        rule.onNodeWithText("What was masked").assertDoesNotExist()
    }

    @Test
    fun `each part has a heading, and there is a way back`() {
        show(CLOUD_TRACE)
        for (heading in listOf("Why", "Where it ran", "What was compared", "What left the device", "What it took")) {
            rule.awaitText(heading)
            val isHeading = SemanticsMatcher.keyIsDefined(SemanticsProperties.Heading)
            assertTrue(heading, rule.onAllNodes(hasText(heading) and isHeading).fetchSemanticsNodes().isNotEmpty())
        }
        rule.onNodeWithContentDescription("Back").performClick()
        assertTrue(wentBack)
    }

    @Test
    fun `an answer without a trace says so`() {
        show(null)
        rule.awaitText("Nothing was written down about this answer.")
    }
}
