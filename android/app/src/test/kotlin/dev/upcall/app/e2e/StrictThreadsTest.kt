package dev.upcall.app.e2e

import android.content.pm.ApplicationInfo
import android.os.StrictMode
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import dev.upcall.app.MainActivity
import dev.upcall.app.models.NativeEngines
import dev.upcall.app.testing.awaitNamed
import dev.upcall.app.testing.tinyBundle
import dev.upcall.core.openBundle
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config

/** What holds up the screen is found: by StrictMode on a device, and here by watching the engine. */
@RunWith(RobolectricTestRunner::class)
@Config(application = WholeApplication::class, qualifiers = TALL)
class StrictThreadsTest {
    @get:Rule(order = 0)
    val phone = Phone { install(tinyBundle, "tiny") }

    @get:Rule(order = 1)
    val rule = createAndroidComposeRule<MainActivity>()

    private fun policyOf(flags: Int): String {
        StrictMode.setThreadPolicy(StrictMode.ThreadPolicy.LAX)
        phone.app.applicationInfo.flags = flags
        phone.app.onCreate()
        return StrictMode.getThreadPolicy().toString()
    }

    @Test
    fun `a build that is made to be tested is strict, and one that is shipped is not`() {
        val lax = StrictMode.ThreadPolicy.LAX.toString()
        assertEquals(lax, policyOf(flags = 0))
        assertNotEquals(lax, policyOf(flags = ApplicationInfo.FLAG_DEBUGGABLE))
    }

    @Test
    fun `a whole answer is made without the thread that draws`() {
        rule.ask("Hello?")
        rule.awaitNamed("Answer again")
        assertTrue(phone.engines.passes.get() > 1)
        assertEquals(emptyList<String>(), phone.engines.onMainThread)
    }

    @Test
    fun `the thread that draws cannot open a model`() {
        val bundle = openBundle(tinyBundle)
        assertThrows(IllegalStateException::class.java) { NativeEngines.open(bundle) }
    }
}
