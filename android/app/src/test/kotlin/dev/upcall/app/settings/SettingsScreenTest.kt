package dev.upcall.app.settings

import androidx.activity.ComponentActivity
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.test.SemanticsMatcher
import androidx.compose.ui.test.assert
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.assertIsSelected
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.junit4.StateRestorationTester
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import dev.upcall.app.testing.FakeAndroidKeyStore
import dev.upcall.app.testing.assertAccessible
import dev.upcall.app.testing.assertNothingClipped
import dev.upcall.app.testing.awaitGone
import dev.upcall.app.testing.awaitNamed
import dev.upcall.app.testing.awaitText
import dev.upcall.app.testing.awaitThat
import dev.upcall.app.theme.UpcallTheme
import dev.upcall.core.decision.Strategy
import dev.upcall.core.redaction.Action
import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Policy
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import kotlin.math.ln

@RunWith(RobolectricTestRunner::class)
class SettingsScreenTest {
    @get:Rule(order = 0)
    val keyStore = FakeAndroidKeyStore()

    @get:Rule(order = 1)
    val temporary = TemporaryFolder()

    @get:Rule(order = 2)
    val rule = createAndroidComposeRule<ComponentActivity>()

    private val screen by lazy { SettingsFixture(rule, temporary.root) }

    private fun show(settings: Settings = Settings()) {
        screen.store.settings.value = settings
        rule.setContent { UpcallTheme(usesDynamicColors = false) { SettingsScreen(screen.viewModel, onBack = {}) } }
        rule.awaitText("Cloud service")
    }

    @Test
    fun `an address is kept once it is right, and what is wrong is said at once`() {
        show()
        screen.type("Address", "cloud.example.com")
        assertTrue(screen.error("Address").orEmpty(), "HOST:PORT" in screen.error("Address").orEmpty())
        assertEquals("", screen.now.cloudTarget)
        screen.type("Address", " cloud.example.com:443 ")
        screen.awaitSettings { it.cloudTarget == "cloud.example.com:443" }
        assertNull(screen.error("Address"))
        screen.type("Address", "")
        screen.awaitSettings { it.cloudTarget == "" }
    }

    @Test
    fun `without encryption only this device may be called`() {
        show(Settings(cloudTarget = "cloud.example.com:443"))
        screen.press("Encrypt the connection (TLS)")
        assertTrue(screen.error("Address").orEmpty(), "TLS" in screen.error("Address").orEmpty())
        assertTrue(screen.now.useTls)
        screen.type("Address", "localhost:50051")
        screen.awaitSettings { it.cloudTarget == "localhost:50051" && !it.useTls }
    }

    @Test
    fun `a key is taken in, never shown, and deleted`() {
        show()
        rule.onNodeWithText("Keep the key").assertIsNotEnabled()
        screen.type("Key of the service", "two words")
        screen.press("Keep the key")
        rule.awaitThat { screen.error("Key of the service") != null }
        screen.type("Key of the service", "upc_123")
        screen.press("Keep the key")
        rule.awaitText("One is kept")
        assertEquals("upc_123", runBlocking { screen.keys.read() })
        rule.awaitGone(SemanticsMatcher("the key") { "upc_123" in it.config.toString() })
        screen.press("Delete the key")
        rule.awaitText("None is kept")
        assertNull(runBlocking { screen.keys.read() })
    }

    @Test
    fun `a key that was lost is asked for again`() {
        runBlocking { screen.keys.write("upc_123") }
        keyStore.loseKeys()
        runBlocking { screen.keys.read() }
        show()
        rule.awaitText("Enter it again")
    }

    @Test
    fun `where and how well questions are answered`() {
        show()
        rule
            .onNodeWithText(
                "On this device, and in the cloud where it is not sure",
            ).performScrollTo()
            .assertIsSelected()
        screen.press("On this device only")
        screen.awaitSettings { it.strategy == Strategy.LOCAL }
        screen.slide("Quality", 8f)
        screen.awaitSettings { it.qualityLevel == 0.8 }
        rule.onNode(hasContentDescription("Quality")).assert(saysState("Rather the cloud: 8 of 10"))
        screen.press("Choose how sure the device must be")
        screen.awaitSettings { it.threshold == ln(0.5) }
        screen.slide("How sure the device must be", 90f)
        screen.awaitSettings { it.threshold == ln(0.9) }
        screen.press("Choose how sure the device must be")
        screen.awaitSettings { it.threshold == null }
    }

    @Test
    fun `lengths and limits are whole numbers within bounds`() {
        show()
        for (wrong in listOf("0", "4097", "many", "1.5", "")) {
            screen.type("Longest answer, tokens", wrong)
            assertEquals("Give a whole number from 1 to 4096.", screen.error("Longest answer, tokens"))
        }
        assertEquals(256, screen.now.mostOutputTokens)
        screen.type("Longest answer, tokens", "512")
        screen.awaitSettings { it.mostOutputTokens == 512 }
        screen.type("Most calls a day", "20")
        screen.awaitSettings { it.mostCallsPerDay == 20 }
        rule.awaitText("20 left now")
        screen.type("Most calls a day", "-1")
        assertEquals("Give a whole number from 0 to 10000.", screen.error("Most calls a day"))
        screen.type("Most calls a day", "")
        screen.awaitSettings { it.mostCallsPerDay == null }
    }

    @Test
    fun `what happens to each kind of private words`() {
        show()
        screen.press("Show me before anything leaves")
        screen.awaitSettings { !it.showsBeforeSending }
        screen.press("Passwords and keys")
        rule.onNodeWithText("The question stays on this device").performClick()
        screen.awaitSettings { it.policy.action(EntityType.SECRET) == Action.BLOCK }
        screen.press("Keep scripts that names are not found in on this device")
        screen.awaitSettings { it.policy == Policy(mapOf(EntityType.SECRET to Action.BLOCK), Action.BLOCK) }
    }

    @Test
    fun `words of one's own are added and deleted`() {
        show()
        screen.type("A word or phrase", " Project Heron ")
        screen.press("Add")
        screen.awaitSettings { it.ownTerms == listOf("Project Heron") }
        screen.type("A word or phrase", "Project Heron")
        assertEquals("It is on the list already.", screen.error("A word or phrase"))
        screen.type("A word or phrase", "x".repeat(2_000))
        screen.press("Add")
        rule.awaitThat { screen.error("A word or phrase").orEmpty().startsWith("Term 2") }
        rule.onNodeWithContentDescription("Delete Project Heron").performScrollTo().performClick()
        screen.awaitSettings { it.ownTerms.isEmpty() }
    }

    @Test
    fun `settings that were lost are told until that was seen`() {
        show(Settings(wereLost = true))
        screen.press("I have seen it")
        screen.awaitSettings { !it.wereLost }
        rule.awaitGone(SemanticsMatcher("the notice") { "could not be read" in it.config.toString() })
    }

    @Test
    fun `what was typed survives the death of the process, but a key does not leave it`() {
        val tester = StateRestorationTester(rule)
        tester.setContent { UpcallTheme(usesDynamicColors = false) { SettingsScreen(screen.viewModel, onBack = {}) } }
        screen.type("Address", "half.an.addr")
        screen.type("Key of the service", "upc_123")
        tester.emulateSavedInstanceStateRestore()
        rule.awaitText("half.an.addr")
        rule.awaitGone(SemanticsMatcher("the key") { "•" in it.config.toString() || "upc_" in it.config.toString() })
    }

    @Test
    fun `everything can be read and pressed`() {
        show(Settings(ownTerms = listOf("Project Heron")))
        rule.awaitNamed("Delete Project Heron")
        rule.assertAccessible()
        rule.assertNothingClipped()
    }

    @Test
    @Config(fontScale = 2f, qualifiers = "w320dp-h640dp-xhdpi")
    fun `everything can be read and pressed in large type on a small phone`() {
        show(Settings(ownTerms = listOf("Project Heron"), threshold = -1.0))
        rule.assertAccessible()
        rule.assertNothingClipped()
        screen.press("Ages")
        rule.awaitText("They leave as they are")
        rule.assertNothingClipped()
    }

    @Test
    @Config(qualifiers = "+ar-ldrtl")
    fun `from right to left, what is chosen is marked on the right`() {
        show()
        val choice = rule.onNodeWithText("On this device only", useUnmergedTree = true).performScrollTo()
        val words = choice.fetchSemanticsNode().boundsInRoot
        assertTrue("$words", words.right < rule.activity.resources.displayMetrics.widthPixels - words.left)
        rule.assertNothingClipped()
    }

    private fun saysState(words: String) = SemanticsMatcher.expectValue(SemanticsProperties.StateDescription, words)
}
