package dev.upcall.app.testing

import androidx.activity.ComponentActivity
import androidx.compose.ui.semantics.SemanticsActions
import androidx.compose.ui.semantics.SemanticsNode
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getOrNull
import androidx.compose.ui.test.ComposeTimeoutException
import androidx.compose.ui.test.SemanticsMatcher
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.junit4.AndroidComposeTestRule
import androidx.compose.ui.text.TextLayoutResult
import androidx.compose.ui.unit.Density
import androidx.test.core.app.ApplicationProvider
import androidx.test.ext.junit.rules.ActivityScenarioRule
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue

/** A phone of usual size. */
const val PHONE = "w393dp-h852dp-xhdpi"

private const val PATIENCE_MS = 60_000L
private const val LEAST_TARGET_DP = 48f

/** A rule that drives an activity. */
typealias ScreenRule<A> = AndroidComposeTestRule<ActivityScenarioRule<A>, A>

/** What the application under test is made of. */
val parts: TestContainer get() = ApplicationProvider.getApplicationContext<TestApplication>().parts

/** Waits until such a node is there: databases and engines work on threads of their own. */
fun <A : ComponentActivity> ScreenRule<A>.await(matcher: SemanticsMatcher) = try {
    waitUntil(PATIENCE_MS) { onAllNodes(matcher).fetchSemanticsNodes().isNotEmpty() }
} catch (late: ComposeTimeoutException) {
    throw AssertionError("There is no node with ${matcher.description}; there is: ${said()}", late)
}

/** Waits until no such node is there. */
fun <A : ComponentActivity> ScreenRule<A>.awaitGone(matcher: SemanticsMatcher) =
    waitUntil(PATIENCE_MS) { onAllNodes(matcher).fetchSemanticsNodes().isEmpty() }

/** Waits for a text, or a part of it. */
fun <A : ComponentActivity> ScreenRule<A>.awaitText(text: String) = await(hasText(text, substring = true))

/** Waits for what TalkBack calls something. */
fun <A : ComponentActivity> ScreenRule<A>.awaitNamed(name: String) = await(hasContentDescription(name))

/** Waits until something that no node shows is so. */
fun <A : ComponentActivity> ScreenRule<A>.awaitThat(isSo: () -> Boolean) = waitUntil(PATIENCE_MS) {
    waitForIdle()
    isSo()
}

private fun <A : ComponentActivity> ScreenRule<A>.said(): List<String> = nodes().mapNotNull(::label)

private fun <A : ComponentActivity> ScreenRule<A>.nodes(): List<SemanticsNode> =
    onAllNodes(SemanticsMatcher("any node") { true }).fetchSemanticsNodes()

/** Everything that can be pressed has a name and is large enough to be hit; links within a text are read with it. */
fun <A : ComponentActivity> ScreenRule<A>.assertAccessible() {
    val density = Density(activity)
    for (node in nodes().filter { SemanticsActions.OnClick in it.config && it.size.width > 0 && !isLink(it) }) {
        val name = label(node)
        assertFalse("Something to press has no name: ${node.config}", name.isNullOrBlank())
        val least = with(density) { LEAST_TARGET_DP * this.density } - 1
        val bounds = node.touchBoundsInRoot
        // Else it is scrolled half away.
        val isWhole = bounds.height >= node.size.height && bounds.width >= node.size.width
        if (isWhole) assertTrue("\"$name\" is $bounds", bounds.width >= least && bounds.height >= least)
    }
}

private fun isLink(node: SemanticsNode) = node.config.any { (key, _) -> key.name == "LinkTestMarker" }

/** No text is cut off, but for titles that may be. */
fun <A : ComponentActivity> ScreenRule<A>.assertNothingClipped() {
    for (node in nodes()) {
        val layouts = mutableListOf<TextLayoutResult>()
        node.config.getOrNull(SemanticsActions.GetTextLayoutResult)?.action?.invoke(layouts) ?: continue
        val isEditable = SemanticsProperties.EditableText in node.config
        for (layout in layouts.filter { it.layoutInput.maxLines == Int.MAX_VALUE && !isEditable }) {
            assertFalse("\"${layout.layoutInput.text}\" is cut off", isCut(layout))
        }
    }
}

/** By more than a pixel: the text's own measure is a fraction. */
private fun isCut(layout: TextLayoutResult): Boolean {
    val width = (0 until layout.lineCount).maxOf { layout.getLineRight(it) - layout.getLineLeft(it) }
    val paragraph = layout.multiParagraph
    return paragraph.didExceedMaxLines || paragraph.height > layout.size.height + 1 || width > layout.size.width + 1
}

private fun label(node: SemanticsNode): String? {
    val own =
        node.config.getOrNull(SemanticsProperties.ContentDescription).orEmpty() +
            node.config.getOrNull(SemanticsProperties.Text).orEmpty().map { it.text } +
            listOfNotNull(node.config.getOrNull(SemanticsProperties.EditableText)?.text?.takeIf { it.isNotEmpty() })
    return own.joinToString(" ").ifEmpty { node.children.firstNotNullOfOrNull(::label) }
}
