package dev.upcall.app.e2e

import android.content.ComponentCallbacks2
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.onNodeWithText
import androidx.lifecycle.Lifecycle
import dev.upcall.app.MainActivity
import dev.upcall.app.data.MessageState
import dev.upcall.app.testing.awaitNamed
import dev.upcall.app.testing.awaitText
import dev.upcall.app.testing.awaitThat
import dev.upcall.cloud.testing.ScriptedService
import dev.upcall.core.decision.Place
import dev.upcall.core.decision.Reason
import dev.upcall.core.decision.Strategy
import dev.upcall.core.testing.says
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config

private const val WORDS = 150
private const val LOOK_INTERVAL_MS = 6_000L // the chat looks at the device more often
private val ANSWER = List(WORDS) { "word$it" }.joinToString(" ")

/** An answer that takes some seconds to stream from the real service, and what may happen meanwhile. */
@RunWith(RobolectricTestRunner::class)
@Config(application = WholeApplication::class, qualifiers = TALL)
class StreamingStoryTest {
    private val service = ScriptedService("""{"reply": "$ANSWER", "delay_s": 0.03}""")

    @get:Rule(order = 0)
    val phone =
        Phone {
            install(script = says("The device says so."))
            call(service.target)
            change { it.copy(strategy = Strategy.CLOUD, showsBeforeSending = false) }
        }

    @get:Rule(order = 1)
    val rule = createAndroidComposeRule<MainActivity>()

    @get:Rule(order = 2)
    val closing =
        object : org.junit.rules.ExternalResource() {
            override fun after() = service.close()
        }

    private fun askAndWaitForWords() {
        rule.ask("Tell me a story")
        rule.awaitText("word0 word1")
        rule.awaitText("Answering from the cloud")
    }

    @Test
    fun `stopping stops the engine in the cloud and keeps what came`() {
        askAndWaitForWords()
        rule.press("Stop the answer")
        rule.awaitText("You stopped this answer.")
        service.waitUntil { it.aborted == 1 && it.finished == 0 }
        val last = phone.messages().last()
        assertEquals(MessageState.STOPPED, last.state)
        assertTrue(
            last.text,
            last.text.isNotEmpty() && ANSWER.startsWith(last.text) && last.text.length < ANSWER.length,
        )
        val made = service.counts().tokens
        Thread.sleep(200)
        assertEquals("it goes on in the cloud", made, service.counts().tokens)
        assertEquals(service.target, phone.trace().address)
    }

    @Test
    fun `an answer goes on while the screen turns and while the app is in the background`() {
        askAndWaitForWords()
        RuntimeEnvironment.setQualifiers("+land")
        rule.activityRule.scenario.recreate()
        rule.awaitText("word0 word1")
        rule.activityRule.scenario.moveToState(Lifecycle.State.CREATED)
        phone.app.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_UI_HIDDEN)
        phone.awaitUnseen { service.counts().tokens > WORDS / 2 }
        rule.activityRule.scenario.moveToState(Lifecycle.State.RESUMED)
        rule.awaitNamed("Answer again")
        assertEquals(ANSWER, phone.messages().last().text)
        assertEquals(1 to 1, service.counts().run { started to finished })
    }

    @Test
    fun `airplane mode in mid-answer lets the device answer, and the next question stays`() {
        askAndWaitForWords()
        service.kill()
        phone.goOffline()
        rule.awaitText("The device says so.")
        rule.awaitNamed("Answer again")
        val last = phone.messages().last()
        assertEquals("The device says so.", last.text)
        assertEquals(Place.DEVICE, last.place)
        assertTrue(last.error.orEmpty(), "cut off" in last.error.orEmpty())
        assertEquals(Reason.CLOUD_FAILED, phone.trace().reason)
        rule.askWhy()
        rule.onNodeWithText("The cloud was asked and gave no whole answer.").assertIsDisplayed()
        rule.goBack()
        phone.change {
            it.copy(cloudTarget = "cloud.example.com:443", useTls = true)
        } // not on the phone itself, as this one is
        rule.ask("And now?")
        rule.awaitThat { phone.messages().size == 4 && phone.messages().last().state == MessageState.DONE }
        assertEquals(Reason.OFFLINE, phone.trace().reason)
        phone.passTime(LOOK_INTERVAL_MS)
        rule.awaitText("Offline: answers stay on this device")
    }

    @Test
    fun `memory that is wanted back in mid-answer does not break it, and is given when it is whole`() {
        askAndWaitForWords()
        phone.app.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_BACKGROUND)
        rule.awaitNamed("Answer again")
        assertEquals(ANSWER, phone.messages().last().text)
        phone.app.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_BACKGROUND)
        rule.awaitThat { phone.engines.closed == listOf("tiny") }
    }
}
