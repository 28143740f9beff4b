package dev.upcall.app.benchmark

import android.content.Intent
import androidx.activity.ComponentActivity
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import androidx.core.content.IntentCompat
import dev.upcall.app.testing.Answering
import dev.upcall.app.testing.ScriptedEngines
import dev.upcall.app.testing.assertAccessible
import dev.upcall.app.testing.assertNothingClipped
import dev.upcall.app.testing.awaitText
import dev.upcall.app.testing.writeScriptedBundle
import dev.upcall.app.theme.UpcallTheme
import dev.upcall.core.EngineError
import dev.upcall.core.testing.says
import org.junit.After
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import java.util.concurrent.CountDownLatch

@RunWith(RobolectricTestRunner::class)
class BenchmarkScreenTest {
    @get:Rule
    val temporary = TemporaryFolder()

    @get:Rule
    val rule = createAndroidComposeRule<ComponentActivity>()

    private val at by lazy { Answering(temporary.root.toPath()) }

    @After
    fun end(): Unit = at.close()

    private fun show() {
        val runner = BenchmarkRunner(at.library, at.engines, at.service, { at.device })
        val viewModel = BenchmarkViewModel(at.library, at.settings, runner)
        rule.setContent { UpcallTheme(usesDynamicColors = false) { BenchmarkScreen(viewModel, onBack = {}) } }
    }

    @Test
    fun `without a model there is nothing to measure`() {
        show()
        rule.awaitText("There is no model to measure")
        rule.onNodeWithText("Start").assertIsNotEnabled()
    }

    @Test
    fun `figures are shown and shared`() {
        writeScriptedBundle(at.root.resolve("tiny"))
        show()
        rule.awaitText("tiny")
        rule.onNodeWithText("Start").performClick()
        rule.awaitText("Result: tiny")
        for (text in listOf("onnx 1.26.0", "First token", "Writing behind 512 tokens", "Most memory")) {
            rule.onNodeWithText(text).performScrollTo().assertIsDisplayed()
        }
        rule.onNodeWithText("Share the report").performScrollTo().performClick()
        val chooser = shadowOf(rule.activity).nextStartedActivity
        val send = IntentCompat.getParcelableExtra(chooser, Intent.EXTRA_INTENT, Intent::class.java)
        assertTrue("\"decode_tokens_per_s\"" in checkNotNull(send?.getStringExtra(Intent.EXTRA_TEXT)))
    }

    @Test
    fun `it can be stopped`() {
        val goOn = CountDownLatch(1)
        at.engines =
            ScriptedEngines {
                { tokens ->
                    if (tokens.size > 1) goOn.await()
                    says("Hello")(tokens)
                }
            }
        writeScriptedBundle(at.root.resolve("tiny"))
        show()
        rule.awaitText("tiny")
        rule.onNodeWithText("Start").performClick()
        rule.awaitText("Round 1 of 3")
        rule.onNodeWithText("Stop").performClick()
        rule.awaitText("Start")
        goOn.countDown()
    }

    @Test
    fun `what failed is told`() {
        at.engines = ScriptedEngines { { throw EngineError("The engine broke.", nextStep = "restart the app") } }
        writeScriptedBundle(at.root.resolve("tiny"))
        show()
        rule.awaitText("tiny")
        rule.onNodeWithText("Start").performClick()
        rule.awaitText("The engine broke.")
        rule.onNodeWithText("Next: restart the app").assertIsDisplayed()
    }

    @Test
    @Config(fontScale = 2f, qualifiers = "ar-rXB-ldrtl-w320dp-h640dp")
    fun `large type and right to left cut nothing off`() {
        writeScriptedBundle(at.root.resolve("tiny"))
        show()
        rule.awaitText("tiny")
        rule.onNodeWithText("Start").performScrollTo().performClick()
        rule.awaitText("Result: tiny")
        rule.assertNothingClipped()
        rule.assertAccessible()
    }
}
