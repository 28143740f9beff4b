package dev.upcall.core.redaction.names

import dev.upcall.core.RedactionError
import dev.upcall.core.redaction.points
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

/** Windows, order and offsets of the name finder, on a classifier that knows one name. */
class NamesTest {
    /** Sure of every "Anna", blind to all else; cannot take texts of more than [most] words. */
    private class KnowsAnna(private val most: Int = 10_000) : Classifier {
        override val version = "anna"
        override val labels = listOf("O") + loadNameRules().labels.keys.flatMap { listOf("B-$it", "I-$it") }
        val seen = mutableListOf<String>()

        override fun classify(text: String): Tokens? {
            seen.add(text)
            val words = Regex("\\S+").findAll(text).toList()
            if (words.size > most) return null
            val rows =
                words.map { word ->
                    val label = if (word.value.startsWith("Anna")) "B-GIVEN_NAME" else "O"
                    FloatArray(labels.size).also { it[labels.indexOf(label)] = 1f }
                }
            return Tokens(
                words.map { it.range.first }.toIntArray(),
                words.map { it.range.last + 1 }.toIntArray(),
                rows.toTypedArray(),
            )
        }
    }

    private fun found(text: String, classifier: Classifier = KnowsAnna()): List<String> =
        Names(classifier).spans(text).map { text.substring(it.start, it.end) }

    @Test
    fun `a name is found wherever it stands in a long text`() {
        for (filler in listOf("x ", "😀 ")) {
            for (place in 190 until 260 step 7) {
                assertEquals(listOf("Anna"), found(filler.repeat(place) + "Anna" + " x".repeat(300)), "$place")
            }
        }
    }

    @Test
    fun `windows overlap and are as long as the rules say, in code points`() {
        val rules = loadNameRules()
        for (word in listOf("Anna ", "Ann\uD83D\uDE00 ")) {
            val classifier = KnowsAnna()
            val text = word.repeat(400)
            Names(classifier).spans(text)
            assertEquals(setOf(rules.windowCharacters), classifier.seen.dropLast(1).map { it.points }.toSet())
            val step = rules.windowCharacters - rules.windowOverlap
            assertEquals((text.points - rules.windowOverlap + step - 1) / step, classifier.seen.size)
        }
    }

    @Test
    fun `a window of too many tokens is halved`() {
        val text = "one two ".repeat(25) + "Anna " + "three four ".repeat(25)
        assertEquals(listOf("Anna"), found(text, KnowsAnna(most = 30)))
    }

    @Test
    fun `a model that takes nothing fails`() {
        for (text in listOf("one", "\uD835\uDC9C")) {
            val error = assertFailsWith<RedactionError> { found(text, KnowsAnna(most = 0)) }
            assertContains(error.problem, "takes no text")
        }
    }

    @Test
    fun `a model that fails is not asked again`() {
        val asked = mutableListOf<String>()
        val fails =
            object : Classifier by KnowsAnna() {
                override fun classify(text: String): Tokens? {
                    asked.add(text)
                    throw RedactionError("The name model failed.")
                }
            }
        assertContains(assertFailsWith<RedactionError> { found("one two three", fails) }.problem, "model failed")
        assertEquals(listOf("one two three"), asked)
    }

    @Test
    fun `nothing is asked about nothing`() {
        for (text in listOf("", " \n", "\u0000\u0000", "😀", "...")) {
            val classifier = KnowsAnna()
            assertEquals(emptyList(), found(text, classifier))
            assertEquals(emptyList(), classifier.seen)
        }
    }

    @Test
    fun `other labels are refused`() {
        val other =
            object : Classifier by KnowsAnna() {
                override val labels = listOf("O", "B-PLANET", "I-PLANET")
            }
        assertContains(assertFailsWith<RedactionError> { Names(other) }.problem, "other labels")
    }

    @Test
    fun `the version names rules and model`() {
        assertEquals("names-${loadNameRules().version}-anna", Names(KnowsAnna()).version)
    }

    @Test
    fun `placeholders are neither read nor covered`() {
        val classifier = KnowsAnna()
        val spans = Names(classifier).spans("Anna " + "\u0000".repeat(15) + " Anna")
        assertEquals(listOf(0 to 4, 21 to 25), spans.map { it.start to it.end })
        assertEquals("Anna " + " ".repeat(15) + " Anna", classifier.seen.single())
    }
}
