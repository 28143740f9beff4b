package dev.upcall.app.e2e

import androidx.activity.ComponentActivity
import androidx.compose.ui.test.SemanticsMatcher
import androidx.compose.ui.test.hasAnyAncestor
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.hasTestTag
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performTextInput
import dev.upcall.app.chat.COMPOSER_TAG
import dev.upcall.app.chat.MESSAGES_TAG
import dev.upcall.app.testing.ScreenRule
import dev.upcall.app.testing.await
import dev.upcall.app.testing.awaitGone
import dev.upcall.app.testing.awaitNamed
import dev.upcall.app.testing.awaitText

/** A message, and not a title. */
val isInChat: SemanticsMatcher = hasAnyAncestor(hasTestTag(MESSAGES_TAG))

// What a user does. Each step waits until it can be done.

/** Writes a question and sends it. */
fun <A : ComponentActivity> ScreenRule<A>.ask(question: String) {
    awaitNamed("Send") // and not "Stop the answer"
    onNodeWithTag(COMPOSER_TAG).performTextInput(question)
    press("Send")
}

/** Presses what TalkBack calls so. */
fun <A : ComponentActivity> ScreenRule<A>.press(name: String) {
    await(hasContentDescription(name) and hasClickAction())
    onNodeWithContentDescription(name).performClick()
}

/** Presses what is labelled so. */
fun <A : ComponentActivity> ScreenRule<A>.tap(label: String) {
    val labelled = hasText(label) and hasClickAction()
    await(labelled)
    onNode(labelled).performClick()
}

/** Waits for what would leave, and lets it. */
fun <A : ComponentActivity> ScreenRule<A>.approve() {
    awaitText("Before it leaves")
    tap("Send")
}

/** Opens a screen by the menu. */
fun <A : ComponentActivity> ScreenRule<A>.open(screen: String) {
    press("Conversations")
    tap(screen)
}

/** Goes back to the chat. */
fun <A : ComponentActivity> ScreenRule<A>.goBack() {
    press("Back")
    awaitGone(hasContentDescription("Back"))
}

/** Shows why the last answer came from where it did. */
fun <A : ComponentActivity> ScreenRule<A>.askWhy() {
    press("Why this answer came from there")
    awaitText("Where it ran")
}
