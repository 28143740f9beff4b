package dev.upcall.app.chat

import android.content.ClipboardManager
import android.content.ComponentCallbacks2
import android.content.Intent
import android.os.Looper
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.onAllNodesWithContentDescription
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performTextInput
import androidx.compose.ui.test.performTextReplacement
import androidx.core.content.IntentCompat
import dev.upcall.app.MainActivity
import dev.upcall.app.testing.PHONE
import dev.upcall.app.testing.STAYS
import dev.upcall.app.testing.TestApplication
import dev.upcall.app.testing.await
import dev.upcall.app.testing.awaitGone
import dev.upcall.app.testing.awaitNamed
import dev.upcall.app.testing.awaitText
import dev.upcall.app.testing.awaitThat
import dev.upcall.app.testing.deviceAnswer
import dev.upcall.app.testing.parts
import dev.upcall.core.EngineError
import dev.upcall.core.Failed
import dev.upcall.core.Role
import dev.upcall.core.Token
import dev.upcall.core.decision.DeviceState
import dev.upcall.core.decision.Network
import dev.upcall.core.decision.Place
import dev.upcall.core.decision.Thermal
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import java.time.Duration

@RunWith(RobolectricTestRunner::class)
@Config(application = TestApplication::class, qualifiers = PHONE)
class ChatScreenTest {
    @get:Rule
    val rule = createAndroidComposeRule<MainActivity>()

    private fun ask(question: String) {
        rule.onNodeWithTag(COMPOSER_TAG).performTextInput(question)
        rule.onNodeWithContentDescription("Send").performClick()
        rule.awaitThat { parts.scripted.asked.isNotEmpty() }
    }

    private fun press(name: String) {
        rule.awaitNamed(name)
        rule.onNodeWithContentDescription(name).performClick()
    }

    @Test
    fun `an empty chat says what the app does and leads to the models`() {
        rule.awaitText("Get a model")
        rule.onNodeWithText("What is private is masked", substring = true).assertIsDisplayed()
        rule.onNodeWithText("Get a model").performClick()
        rule.awaitText("Models")
    }

    @Test
    fun `a question is asked, streams as a draft, and becomes an answer`() {
        ask("Where does the sun rise?")
        rule.awaitText("Where does the sun rise?")
        parts.scripted.feed(Token("In the", Place.DEVICE))
        rule.awaitText("Draft on this device")
        parts.scripted.feed(Token(" east.", Place.DEVICE), STAYS)
        rule.awaitText("Answering on this device")
        rule.onNodeWithText("In the east.").assertIsDisplayed()
        parts.scripted.feed(*deviceAnswer(""))
        rule.awaitText("On this device")
        assertEquals("Where does the sun rise?", parts.scripted.asked.single().single().content)
    }

    @Test
    fun `nothing is sent where nothing is written`() {
        rule.onNodeWithContentDescription("Send").assertIsNotEnabled()
        rule.onNodeWithTag(COMPOSER_TAG).performTextInput("  \n ")
        rule.onNodeWithContentDescription("Send").assertIsNotEnabled()
    }

    @Test
    fun `a stopped answer keeps what there is of it and can be continued`() {
        ask("Count.")
        parts.scripted.feed(Token("One, two", Place.DEVICE))
        rule.awaitText("One, two")
        press("Stop the answer")
        rule.awaitText("You stopped this answer.")
        rule.onNodeWithText("One, two").assertIsDisplayed()
        assertEquals(1, parts.scripted.cancelledCount)
        rule.onNodeWithText("Continue").performClick()
        rule.awaitThat { parts.scripted.asked.size == 2 }
        assertEquals(
            listOf(Role.USER, Role.ASSISTANT, Role.USER),
            parts.scripted.asked.last().map { it.role },
        )
    }

    @Test
    fun `an answer is made again in its place`() {
        ask("Hello?")
        parts.scripted.feed(*deviceAnswer("First."))
        press("Answer again")
        parts.scripted.feed(*deviceAnswer("Second."))
        rule.awaitText("Second.")
        rule.awaitGone(hasText("First."))
        assertEquals(parts.scripted.asked[0].map { it.content }, parts.scripted.asked[1].map { it.content })
    }

    @Test
    fun `an answer is copied and shared`() {
        ask("Hello?")
        parts.scripted.feed(*deviceAnswer("Good morning 👋🏽"))
        press("Copy the answer")
        val clipboard = rule.activity.getSystemService(ClipboardManager::class.java)!!
        assertEquals("Good morning 👋🏽", clipboard.primaryClip!!.getItemAt(0).text)
        press("Share the answer")
        val chooser = shadowOf(rule.activity).nextStartedActivity
        val shared = IntentCompat.getParcelableExtra(chooser, Intent.EXTRA_INTENT, Intent::class.java)!!
        assertEquals("Good morning 👋🏽", shared.getStringExtra(Intent.EXTRA_TEXT))
    }

    @Test
    fun `what went wrong is said with what to do next`() {
        ask("Hello?")
        parts.scripted.feed(Failed(EngineError("The engine stumbled.", nextStep = "ask again")))
        rule.awaitText("The engine stumbled.")
        rule.awaitText("There is no answer.")
        rule.onNodeWithText("ask again", substring = true).assertIsDisplayed()
    }

    @Test
    fun `conversations are kept apart, renamed, deleted and put back`() {
        ask("About trains")
        parts.scripted.feed(*deviceAnswer("They run on rails."))
        rule.awaitText("They run on rails.")
        rule.onNodeWithContentDescription("New conversation").performClick()
        rule.awaitGone(hasText("They run on rails."))
        press("Conversations")
        press("More for About trains")
        rule.onNodeWithText("Rename").performClick()
        rule.onNode(hasText("About trains") and hasSetTextAction()).performTextReplacement("Old About trains")
        rule.onNode(hasText("Rename") and hasClickAction()).performClick()
        press("More for Old About trains")
        rule.onNodeWithText("Delete").performClick()
        rule.awaitGone(hasContentDescription("More for Old About trains"))
        rule.awaitText("Undo")
        rule.onNodeWithText("Undo").performClick()
        press("Conversations")
        rule.await(hasContentDescription("More for Old About trains"))
        rule.onNodeWithText("Old About trains").performClick()
        rule.awaitText("They run on rails.")
    }

    @Test
    fun `offline, heat and a low battery are said`() {
        parts.device =
            DeviceState(batteryPercent = 9.0, isCharging = false, thermal = Thermal.SEVERE, network = Network.OFFLINE)
        rule.activityRule.scenario.recreate()
        rule.mainClock.advanceTimeBy(1)
        shadowOf(Looper.getMainLooper()).idleFor(Duration.ofSeconds(6))
        rule.awaitText("Offline")
        rule.awaitText("The device is hot")
        rule.awaitText("The battery is low")
    }

    @Test
    fun `low memory lets go of the model`() {
        @Suppress("DEPRECATION") // what systems before Android 14 send
        rule.activity.application.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_RUNNING_LOW)
        rule.awaitThat { parts.scripted.releasedCount == 1 }
        assertTrue(rule.onAllNodesWithContentDescription("Send").fetchSemanticsNodes().isNotEmpty())
    }
}
