package dev.upcall.app.models

import androidx.activity.ComponentActivity
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.assertIsNotSelected
import androidx.compose.ui.test.assertIsSelected
import androidx.compose.ui.test.hasAnyAncestor
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.hasScrollToNodeAction
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.isDialog
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
import dev.upcall.app.testing.assertAccessible
import dev.upcall.app.testing.assertNothingClipped
import dev.upcall.app.testing.awaitText
import dev.upcall.app.testing.awaitThat
import dev.upcall.app.testing.writeScriptedBundle
import dev.upcall.app.theme.UpcallTheme
import dev.upcall.core.MODEL_ONNX
import dev.upcall.core.asConversation
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.launch
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
import org.robolectric.annotation.Config
import java.nio.file.Files

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

    private fun press(text: String) {
        rule.onNode(hasScrollToNodeAction()).performScrollToNode(hasText(text))
        rule.onNodeWithText(text).performClick()
    }

    private fun pressNamed(name: String) {
        rule.onNode(hasScrollToNodeAction()).performScrollToNode(hasContentDescription(name))
        rule.onNodeWithContentDescription(name).performClick()
    }

    /** In the dialog, which stands before what bears the same word behind it. */
    private fun confirm(word: String) =
        rule.onNode(hasText(word) and hasClickAction() and hasAnyAncestor(isDialog())).performClick()

    private fun row(name: String) = rule.onNode(isSelectable() and hasText(name))

    @Test
    fun `without models it says so, and what is not found without names`() {
        show()
        rule.awaitText("There is no model on this device yet")
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
        rule.awaitText("two")
        row("one").assertIsSelected()
        row("two").assertIsNotSelected().performClick()
        rule.awaitThat { at.settings.settings.value.activeBundle == "two" }
        row("two").assertIsSelected()
        rule.onAllNodesWithText("ONNX Runtime · ", substring = true)[0].assertIsDisplayed()
    }

    @Test
    fun `a damaged model says what is wrong, and cannot be chosen`() {
        writeScriptedBundle(at.root.resolve("tiny"))
        Files.write(at.root.resolve("tiny/$MODEL_ONNX"), ByteArray(1000))
        show()
        rule.awaitText("tiny")
        pressNamed("Verify tiny")
        rule.awaitText("is damaged or edited")
        row("tiny").assertIsNotEnabled()
    }

    @Test
    fun `a verified model says so`() {
        writeScriptedBundle(at.root.resolve("tiny"))
        show()
        rule.awaitText("tiny")
        pressNamed("Verify tiny")
        rule.awaitText("verified")
    }

    @Test
    fun `a model is deleted after a question`() {
        writeScriptedBundle(at.root.resolve("tiny"))
        runBlocking { at.settings.update { it.copy(activeBundle = "tiny") } }
        show()
        rule.awaitText("tiny")
        pressNamed("Delete tiny")
        rule.awaitText("Delete tiny?")
        rule.onNodeWithText("Cancel").performClick()
        assertTrue(Files.exists(at.root.resolve("tiny")))
        pressNamed("Delete tiny")
        rule.awaitText("Delete tiny?")
        confirm("Delete")
        rule.awaitText("There is no model on this device yet")
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
        confirm("Download")
        rule.awaitText("tiny: paused")
        rule.awaitText("broke")
        server.cutsAfterBytes = null
        press("Resume")
        rule.awaitText("tiny is ready")
        rule.onNode(hasScrollToNodeAction()).performScrollToNode(isSelectable() and hasText("tiny"))
        row("tiny").assertIsSelected()
        press("Close")
        rule.awaitThat { at.library.download.value == DownloadState.None }
    }

    @Test
    fun `an address that is none is told`() {
        show()
        press("Download a model")
        rule.onNode(hasSetTextAction()).performTextReplacement("http://example.com/tiny")
        confirm("Download")
        rule.awaitText("not encrypted")
        rule.onNodeWithText("Next: check the address").assertIsDisplayed()
    }

    @Test
    @Config(fontScale = 2f, qualifiers = "ar-rXB-ldrtl-w320dp-h640dp")
    fun `large type and right to left cut nothing off`() {
        writeScriptedBundle(at.root.resolve("a-model-of-a-very-long-name.int4-g32_and-more"))
        show()
        rule.awaitText("a-model")
        rule.assertNothingClipped()
        rule.assertAccessible()
        rule.onNode(hasScrollToNodeAction()).performScrollToNode(hasText("Measure this device"))
        rule.assertNothingClipped()
        rule.assertAccessible()
    }

    @Test
    fun `a model that is answering is not deleted`(): Unit = runBlocking {
        writeScriptedBundle(at.root.resolve("tiny"))
        show()
        rule.awaitText("tiny")
        val reached = CompletableDeferred<Unit>()
        val goOn = CompletableDeferred<Unit>()
        val asked =
            launch(Dispatchers.Default) {
                at.service.ask(asConversation("Hello")).collect {
                    reached.complete(Unit)
                    goOn.await()
                }
            }
        reached.await()
        pressNamed("Delete tiny")
        rule.awaitText("Delete tiny?")
        confirm("Delete")
        rule.awaitText("The model tiny is answering.")
        goOn.complete(Unit)
        asked.join()
        assertTrue(Files.exists(at.root.resolve("tiny/$MODEL_ONNX")))
    }
}
