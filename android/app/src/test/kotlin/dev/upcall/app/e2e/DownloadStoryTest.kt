package dev.upcall.app.e2e

import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.hasAnyAncestor
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.isDialog
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performTextReplacement
import dev.upcall.app.MainActivity
import dev.upcall.app.testing.FileServer
import dev.upcall.app.testing.ScriptedEngines
import dev.upcall.app.testing.await
import dev.upcall.app.testing.awaitText
import dev.upcall.app.testing.writeScriptedBundle
import dev.upcall.core.MODEL_ONNX
import dev.upcall.core.testing.says
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.ExternalResource
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import java.nio.file.Files
import java.nio.file.Path

private const val MODEL_BYTES = 300_000
private const val MODEL_PATH = "/models/tiny/$MODEL_ONNX"

/** From an app without a model to an answer, over a network that breaks and a storage that fills up. */
@RunWith(RobolectricTestRunner::class)
@Config(application = WholeApplication::class, qualifiers = TALL)
class DownloadStoryTest {
    private val server = FileServer()

    @get:Rule(order = 0)
    val published = TemporaryFolder()

    @get:Rule(order = 1)
    val phone = Phone { engines.used = ScriptedEngines { says("Here I am.") } }

    @get:Rule(order = 2)
    val serving =
        object : ExternalResource() {
            override fun before() {
                val folder = writeScriptedBundle(published.root.toPath().resolve("tiny"), MODEL_BYTES)
                for (file in Files.list(folder)) {
                    server.files["/models/tiny/${file.fileName}"] =
                        Files.readAllBytes(file)
                }
            }

            override fun after() = server.close()
        }

    @get:Rule(order = 3)
    val rule = createAndroidComposeRule<MainActivity>()

    private fun download() {
        rule.tap("Download a model")
        rule.await(hasSetTextAction() and hasText("Address"))
        rule.onNode(hasSetTextAction() and hasText("Address")).performTextReplacement("${server.address}/models/tiny")
        rule.onNode(hasText("Download") and hasClickAction() and hasAnyAncestor(isDialog())).performClick()
    }

    @Test
    fun `a download that breaks is resumed, is whole though the server ignores ranges, and answers`() {
        rule.tap("Get a model")
        server.cutsAfterBytes = 100_000
        download()
        rule.awaitText("broke")
        server.cutsAfterBytes = null
        server.ignoresRanges = true
        rule.tap("Resume")
        rule.awaitText("tiny is ready")
        assertEquals("it asked for the rest", 2, server.requests.count { it.path == MODEL_PATH })
        assertTrue(server.requests.last { it.path == MODEL_PATH }.from!! > 0)
        rule.goBack()
        rule.ask("Are you there?")
        rule.awaitText("Here I am.")
    }

    @Test
    fun `a storage that fills up in mid-download is said, and what is free by then is used`() {
        rule.tap("Get a model")
        val part = phone.models.resolve(".downloads/tiny/files/$MODEL_ONNX.part")
        Files.createDirectories(part.parent)
        Files.createSymbolicLink(part, Path.of("/dev/full")) // takes nothing, as a full storage does
        download()
        rule.awaitText("free some storage")
        rule.onNodeWithText("There is no model on this device yet.", substring = true).assertIsDisplayed()
        rule.tap("Close")
        Files.deleteIfExists(part)
        download()
        rule.awaitText("tiny is ready")
    }
}
