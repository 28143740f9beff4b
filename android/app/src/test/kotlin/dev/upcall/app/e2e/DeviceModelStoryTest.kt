package dev.upcall.app.e2e

import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import dev.upcall.app.MainActivity
import dev.upcall.app.data.MessageState
import dev.upcall.app.testing.awaitNamed
import dev.upcall.core.decision.Place
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Assume.assumeTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import java.nio.file.Path
import kotlin.io.path.isDirectory

private const val NAME = "smollm2-135m-instruct-onnx_int4_g32"

/** The model that the app is made for, on the engine that the app brings along; left out where it was not exported. */
@RunWith(RobolectricTestRunner::class)
@Config(application = WholeApplication::class, qualifiers = TALL)
class DeviceModelStoryTest {
    @get:Rule(order = 0)
    val phone =
        Phone {
            val home = System.getenv("UPCALL_HOME") ?: "${System.getProperty("user.home")}/.cache/upcall"
            val bundle = Path.of(home, "bundles", NAME)
            assumeTrue("`upcall pull --device && upcall export smollm2-135m-instruct --to onnx`", bundle.isDirectory())
            install(bundle, NAME)
            change { it.copy(mostOutputTokens = 24) }
        }

    @get:Rule(order = 1)
    val rule = createAndroidComposeRule<MainActivity>()

    @Test
    fun `it answers a question of every day`() {
        rule.ask("What is the capital of France?")
        rule.awaitNamed("Answer again")
        val answer = phone.messages().last()
        assertEquals(MessageState.DONE to Place.DEVICE, answer.state to answer.place)
        assertTrue(answer.text, "Paris" in answer.text)
        assertTrue(checkNotNull(phone.trace().usage?.tokensPerS) > 1)
    }
}
