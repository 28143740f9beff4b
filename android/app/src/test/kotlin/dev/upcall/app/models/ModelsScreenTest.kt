package dev.upcall.app.models

import androidx.activity.ComponentActivity
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.assertIsNotSelected
import androidx.compose.ui.test.assertIsSelected
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.hasScrollToNodeAction
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.isSelectable
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.onAllNodesWithText
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollToNode
import androidx.compose.ui.test.performTextReplacement
import dev.upcall.app.testing.Answering
import dev.upcall.app.testing.FileServer
import dev.upcall.app.testing.writeScriptedBundle
import dev.upcall.app.theme.UpcallTheme
import dev.upcall.core.MODEL_ONNX
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import java.nio.file.Files

private const val PATIENCE_MS = 15_000L

@RunWith(RobolectricTestRunner::class)
class ModelsScreenTest {
    @get:Rule
    val temporary = TemporaryFolder()

    @get:Rule
    val rule = createAndroidComposeRule<ComponentActivity>()

    private val at by lazy { Answering(temporary.root.toPath()) }
    private val server = FileServer()
    private var benchmarks = 0

    @After
    fun end() {
        server.close()
        at.close()
    }

    private fun show() {
        val viewModel = ModelsViewModel(at.library, at.settings, at.service)
        rule.setContent {
            UpcallTheme(usesDynamicColors = false) {
                ModelsScreen(viewModel, onBack = {}, onBenchmark = { benchmarks++ })
            }
        }
    }

    private fun awaitText(text: String) = rule.waitUntil(PATIENCE_MS) {
        rule.onAllNodesWithText(text, substring = true).fetchSemanticsNodes().isNotEmpty()
    }

    private fun awaitThat(isSo: () -> Boolean) = rule.waitUntil(PATIENCE_MS) {
        rule.waitForIdle()
        isSo()
    }

    private fun press(text: String) {
        rule.onNode(hasScrollToNodeAction()).performScrollToNode(hasText(text))
        rule.onNodeWithText(text).performClick()
    }

    private fun pressNamed(name: String) {
        rule.onNode(hasScrollToNodeAction()).performScrollToNode(hasContentDescription(name))
        rule.onNodeWithContentDescription(name).performClick()
    }

    private fun row(name: String) = rule.onNode(isSelectable() and hasText(name))

    @Test
    fun `without models it says so, and what is not found without names`() {
        show()
        awaitText("There is no model on this device yet")
        rule.onNodeWithText("upcall deploy push BUNDLE", substring = true).assertIsDisplayed()
        rule.onNode(hasScrollToNodeAction()).performScrollToNode(hasText("Measure this device"))
        rule.onNodeWithText("Names of people and places are not found", substring = true).assertIsDisplayed()
        press("Measure this device")
        assertEquals(1, benchmarks)
    }

    @Test
    fun `the model that answers is chosen`() {
        for (name in listOf("one", "two")) writeScriptedBundle(at.root.resolve(name))
        show()
        awaitText("two")
        row("one").assertIsSelected()
        row("two").assertIsNotSelected().performClick()
        awaitThat { at.settings.settings.value.activeBundle == "two" }
        row("two").assertIsSelected()
        rule.onAllNodesWithText("ONNX Runtime · ", substring = true)[0].assertIsDisplayed()
    }

    @Test
    fun `a damaged model says what is wrong, and cannot be chosen`() {
        writeScriptedBundle(at.root.resolve("tiny"))
        Files.write(at.root.resolve("tiny/$MODEL_ONNX"), ByteArray(1000))
        show()
        awaitText("tiny")
        pressNamed("Verify tiny")
        awaitText("is damaged or edited")
        row("tiny").assertIsNotEnabled()
    }

    @Test
    fun `a verified model says so`() {
        writeScriptedBundle(at.root.resolve("tiny"))
        show()
        awaitText("tiny")
        pressNamed("Verify tiny")
        awaitText("verified")
    }

    @Test
    fun `a model is deleted after a question`() {
        writeScriptedBundle(at.root.resolve("tiny"))
        runBlocking { at.settings.update { it.copy(activeBundle = "tiny") } }
        show()
        awaitText("tiny")
        pressNamed("Delete tiny")
        awaitText("Delete tiny?")
        rule.onNodeWithText("Cancel").performClick()
        assertTrue(Files.exists(at.root.resolve("tiny")))
        pressNamed("Delete tiny")
        awaitText("Delete tiny?")
        rule.onAllNodesWithText("Delete").let { it[it.fetchSemanticsNodes().lastIndex] }.performClick()
        awaitText("There is no model on this device yet")
        assertFalse(Files.exists(at.root.resolve("tiny")))
        assertEquals(null, at.settings.settings.value.activeBundle)
    }

    @Test
    fun `a download is asked for, shown, paused, taken up and finished`() {
        val folder = writeScriptedBundle(temporary.root.toPath().resolve("published"), modelBytes = 300_000)
        for (file in Files.list(folder)) server.files["/models/tiny/${file.fileName}"] = Files.readAllBytes(file)
        server.cutsAfterBytes = 100_000
        show()
        press("Download a model")
        rule.onNode(hasSetTextAction()).performTextReplacement("${server.address}/models/tiny")
        rule.onAllNodesWithText("Download").let { it[it.fetchSemanticsNodes().lastIndex] }.performClick()
        awaitText("tiny: paused")
        awaitText("broke")
        server.cutsAfterBytes = null
        press("Resume")
        awaitText("tiny is ready")
        row("tiny").assertIsSelected()
        press("Close")
        awaitThat { at.library.download.value == DownloadState.None }
    }

    @Test
    fun `an address that is none is told`() {
        show()
        press("Download a model")
        rule.onNode(hasSetTextAction()).performTextReplacement("http://example.com/tiny")
        rule.onAllNodesWithText("Download").let { it[it.fetchSemanticsNodes().lastIndex] }.performClick()
        awaitText("not encrypted")
        rule.onNodeWithText("Next: check the address").assertIsDisplayed()
    }
}
