package dev.upcall.app

import androidx.activity.ComponentActivity
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.onRoot
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performTextInput
import com.github.takahirom.roborazzi.RoborazziOptions
import com.github.takahirom.roborazzi.captureRoboImage
import dev.upcall.app.chat.COMPOSER_TAG
import dev.upcall.app.data.AnswerTrace
import dev.upcall.app.data.MessageState
import dev.upcall.app.navigation.UpcallNavigation
import dev.upcall.app.settings.Settings
import dev.upcall.app.testing.PHONE
import dev.upcall.app.testing.TestApplication
import dev.upcall.app.testing.assertNothingClipped
import dev.upcall.app.testing.awaitNamed
import dev.upcall.app.testing.awaitText
import dev.upcall.app.testing.parts
import dev.upcall.app.theme.UpcallTheme
import dev.upcall.app.why.CLOUD_TRACE
import dev.upcall.app.why.DEVICE_TRACE
import dev.upcall.core.Message
import dev.upcall.core.Redacted
import dev.upcall.core.Role
import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Masked
import dev.upcall.core.redaction.PLACEHOLDER_INSTRUCTION
import kotlinx.coroutines.runBlocking
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import java.io.File

private const val TITLE = "A walk in Lisbon"

/** Of the pixels that may differ before a screen counts as changed: fonts are drawn a little differently elsewhere. */
private const val CHANGE_THRESHOLD = 0.01f

/** The pictures in docs/android: `make android-screenshots` takes them anew, and the tests compare. */
@RunWith(RobolectricTestRunner::class)
@Config(application = TestApplication::class, qualifiers = PHONE)
class ScreenshotsTest {
    @get:Rule
    val rule = createAndroidComposeRule<ComponentActivity>()

    private fun open(opened: Boolean = true) {
        parts.install("qwen2.5-0.5b-instruct")
        runBlocking {
            say(
                null,
                "What to see in Lisbon in one day?",
                LISBON,
                DEVICE_TRACE,
            ).let { parts.conversations.rename(it, TITLE) }
            say(null, "Why is the sky blue?", "Air scatters blue light more than red.", DEVICE_TRACE)
            val walk = say(null, "Plan a walk in Lisbon for two hours.", LISBON, DEVICE_TRACE)
            say(walk, "Invite Ann, ann.lee@example.com, in one line.", INVITATION, CLOUD_TRACE)
        }
        rule.setContent { UpcallTheme(usesDynamicColors = false) { UpcallNavigation(parts) } }
        if (opened) openConversation()
    }

    private suspend fun say(id: Long?, question: String, answer: String, trace: AnswerTrace): Long {
        val asked = parts.conversations.ask(id, question)
        parts.conversations.finish(asked.answerId, MessageState.DONE, answer, trace)
        return asked.conversationId
    }

    private fun openConversation() {
        rule.awaitNamed("Conversations")
        rule.onNodeWithContentDescription("Conversations").performClick()
        rule.awaitText("Plan a walk in Lisbon")
        rule.onNodeWithText("Plan a walk in Lisbon", substring = true).performClick()
        rule.awaitText("From the cloud")
    }

    private fun menu(screen: String) {
        rule.awaitNamed("Conversations")
        rule.onNodeWithContentDescription("Conversations").performClick()
        rule.awaitText(screen)
        rule.onNodeWithText(screen).performClick()
        rule.awaitNamed("Back")
    }

    private fun take(name: String) {
        rule.waitForIdle()
        rule.assertNothingClipped()
        val options =
            RoborazziOptions(compareOptions = RoborazziOptions.CompareOptions(changeThreshold = CHANGE_THRESHOLD))
        rule.onRoot().captureRoboImage(pictures.resolve("$name.png"), options)
    }

    @Test
    fun chat() {
        open()
        take("chat")
    }

    @Test
    @Config(qualifiers = "+night")
    fun chatDark() {
        open()
        take("chat-dark")
    }

    @Test
    @Config(fontScale = 2f)
    fun chatLargeType() {
        open()
        take("chat-large-type")
    }

    @Test
    @Config(qualifiers = "+ar-ldrtl")
    fun chatRightToLeft() {
        open()
        take("chat-right-to-left")
    }

    @Test
    @Config(qualifiers = "w1280dp-h800dp-mdpi")
    fun chatTablet() {
        open(opened = false)
        rule.awaitText("Plan a walk in Lisbon")
        rule.onNodeWithText("Plan a walk in Lisbon", substring = true).performClick()
        rule.awaitText("From the cloud")
        take("chat-tablet")
    }

    @Test
    fun emptyChat() {
        rule.setContent { UpcallTheme(usesDynamicColors = false) { UpcallNavigation(parts) } }
        rule.awaitText("Get a model")
        take("empty")
    }

    @Test
    fun conversations() {
        open()
        rule.onNodeWithContentDescription("Conversations").performClick()
        take("conversations")
    }

    @Test
    fun why() {
        open()
        rule.onAllNodes(hasContentDescription("Why this answer came from there"))[1].performClick()
        rule.awaitText("What was compared")
        take("why")
    }

    @Test
    fun preview() {
        parts.scripted.departing = DEPARTING
        open()
        rule
            .onNodeWithTag(
                COMPOSER_TAG,
            ).performTextInput("Send the plan to ann.lee@example.com and call +1 415 555 0134.")
        rule.onNodeWithContentDescription("Send").performClick()
        rule.awaitText("Before it leaves")
        take("preview")
    }

    @Test
    fun settings() {
        parts.settings.settings.value =
            Settings(cloudTarget = "cloud.example.com:443", ownTerms = listOf("Project Heron"))
        open(opened = false)
        menu("Settings")
        take("settings")
    }

    @Test
    fun models() {
        open(opened = false)
        menu("Models")
        rule.awaitText("qwen2.5-0.5b-instruct")
        take("models")
    }

    @Test
    fun benchmark() {
        open(opened = false)
        menu("Benchmark")
        take("benchmark")
    }

    private companion object {
        val pictures: File =
            generateSequence(File("").absoluteFile) { it.parentFile }
                .first { File(it, "proto/vectors").isDirectory }
                .resolve("docs/android")

        val DEPARTING =
            Redacted(
                "cloud.example.com:443",
                listOf(
                    Message(Role.SYSTEM, PLACEHOLDER_INSTRUCTION),
                    Message(Role.USER, "Plan a walk in Lisbon for two hours."),
                    Message(Role.ASSISTANT, LISBON),
                    Message(Role.USER, "Send the plan to [[EMAIL_1_k7]] and call [[PHONE_1_k7]]."),
                ),
                listOf(Masked("[[EMAIL_1_k7]]", EntityType.EMAIL), Masked("[[PHONE_1_k7]]", EntityType.PHONE)),
                mapOf(EntityType.EMAIL to 1, EntityType.PHONE to 1),
            )

        const val LISBON =
            "Start at Praça do Comércio and walk up through Alfama to the viewpoint of Santa Luzia. " +
                "Go on to the castle, then take tram 28 down to Chiado for a coffee."
        const val INVITATION =
            "Dear Ann, would you walk through Lisbon with me? I will write the details to ann.lee@example.com."
    }
}
