package dev.upcall.engine.onnx

import dev.upcall.core.RedactionError
import dev.upcall.core.redaction.names.Names
import org.junit.jupiter.api.Test
import kotlin.concurrent.thread
import kotlin.math.abs
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue

/** The name model; what is no such model is refused. */
class RampartClassifierTest {
    @Test
    fun `places are those of the text, and each row is a distribution`(): Unit = rampart().use { classifier ->
        val text = "😀 Ame\u0301lie, 東京 [MASK] \u0000 ÅNGSTRÖM"
        val tokens = assertNotNull(classifier.classify(text))
        for (index in tokens.starts.indices) {
            assertTrue(tokens.starts[index] in 0 until tokens.ends[index] && tokens.ends[index] <= text.length)
            assertEquals(classifier.labels.size, tokens.probabilities[index].size)
            assertTrue(abs(tokens.probabilities[index].sum() - 1) < 1e-5)
        }
        assertEquals(tokens.starts.sorted(), tokens.starts.toList())
        assertEquals("😀", text.substring(tokens.starts[0], tokens.ends[0]))
        assertEquals(35, classifier.labels.size)
        assertEquals("O", classifier.labels[0])
    }

    @Test
    fun `a text too long has no tokens`(): Unit = rampart().use { classifier ->
        assertNotNull(classifier.classify("a ".repeat(510)))
        assertNull(classifier.classify("a ".repeat(511)))
    }

    @Test
    fun `other files are refused`() {
        for (text in listOf(" ", "{}", "\u0008\u000a\u0012", """{"id2label": {"0": "O"}}""")) {
            val content = text.encodeToByteArray()
            refused { rampart(model = content) }
            refused { rampart(tokenizer = content) }
            refused { rampart(config = content) }
        }
        val whole = nameModel("model_q4.onnx")
        refused { rampart(model = whole.copyOf(whole.size / 2)) }
    }

    private fun refused(open: () -> RampartClassifier) {
        assertContains(assertFailsWith<RedactionError> { open() }.problem, "cannot be loaded")
    }

    @Test
    fun `hostile text hides no name`(): Unit = rampart().use { classifier ->
        val names = Names(classifier)
        val texts =
            listOf(
                "\uFFFD Anna Kowalczyk \uFFFD",
                "e\u0301".repeat(400) + " Anna Kowalczyk",
                "שלום ".repeat(120) + "Anna Kowalczyk",
                "👩\u200d👩\u200d👧 ".repeat(90) + "Anna Kowalczyk",
                "[CLS] [SEP] [MASK] Anna Kowalczyk",
                "각".repeat(480) + " Anna Kowalczyk",
            )
        for (text in texts) {
            val start = text.indexOf("Anna")
            assertTrue(names.spans(text).any { it.start <= start && it.end >= start + 14 }, text.take(9))
        }
    }

    @Test
    fun `threads may share it`(): Unit = rampart().use { classifier ->
        val names = Names(classifier)
        val texts = List(8) { "Dear Anna Kowalczyk, this is letter $it from Peter Hofmann." }
        val alone = texts.map(names::spans)
        val together = arrayOfNulls<Any>(texts.size)
        texts.indices.map { index -> thread { together[index] = names.spans(texts[index]) } }.forEach { it.join() }
        assertEquals(alone, together.toList())
    }

    @Test
    fun `a classifier that is closed fails as a detector does`() {
        val classifier = rampart()
        repeat(2) { classifier.close() }
        assertContains(assertFailsWith<RedactionError> { classifier.classify("Anna") }.problem, "closed")
    }
}
