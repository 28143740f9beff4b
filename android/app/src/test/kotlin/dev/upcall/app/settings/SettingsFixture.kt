package dev.upcall.app.settings

import androidx.activity.ComponentActivity
import androidx.compose.ui.semantics.SemanticsActions
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getOrNull
import androidx.compose.ui.test.SemanticsNodeInteraction
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performSemanticsAction
import androidx.compose.ui.test.performTextReplacement
import androidx.test.core.app.ApplicationProvider
import dev.upcall.app.testing.MemorySettingsStore
import dev.upcall.app.testing.ScreenRule
import dev.upcall.app.testing.await
import dev.upcall.app.testing.awaitText
import dev.upcall.app.testing.awaitThat
import java.io.File

/** The settings screen over a real key store and budget, and what its user does. */
internal class SettingsFixture(private val rule: ScreenRule<ComponentActivity>, folder: File) {
    val store = MemorySettingsStore()
    val keys = KeystoreApiKeyStore(ApplicationProvider.getApplicationContext())
    val budget = CallBudget(folder.toPath().resolve("budget.json"))
    val viewModel by lazy { SettingsViewModel(store, keys, budget) }
    val now: Settings get() = store.settings.value

    fun field(label: String): SemanticsNodeInteraction = rule.onNode(hasSetTextAction() and hasText(label))

    fun type(label: String, text: String) {
        rule.awaitText(label)
        field(label).performScrollTo().performTextReplacement(text)
        rule.waitForIdle()
    }

    fun press(text: String) {
        rule.awaitText(text)
        rule.onNodeWithText(text).performScrollTo().performClick()
        rule.waitForIdle()
    }

    /** As TalkBack moves a slider. */
    fun slide(name: String, position: Float) {
        rule.await(hasContentDescription(name))
        rule
            .onNode(hasContentDescription(name))
            .performScrollTo()
            .performSemanticsAction(SemanticsActions.SetProgress) { it(position) }
        rule.waitForIdle()
    }

    fun awaitSettings(isSo: (Settings) -> Boolean) = rule.awaitThat { isSo(now) }

    /** What is said to be wrong with a field. */
    fun error(label: String): String? = field(label).fetchSemanticsNode().config.getOrNull(SemanticsProperties.Error)
}
