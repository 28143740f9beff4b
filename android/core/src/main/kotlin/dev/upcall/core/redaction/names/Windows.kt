package dev.upcall.core.redaction.names

import dev.upcall.core.RedactionError
import dev.upcall.core.redaction.after
import dev.upcall.core.redaction.before

/** Shows a text of any length to the model, window by window. */
internal class Windows(private val rules: NameRules, private val classifier: Classifier) {
    private class Collected {
        val starts = ArrayList<Int>()
        val ends = ArrayList<Int>()
        val probabilities = ArrayList<FloatArray>()
    }

    /**
     * What the model says of a text; of a token seen twice, the one further from an edge.
     *
     * @throws RedactionError the model failed.
     */
    fun tokens(text: String): Tokens {
        val collected = Collected()
        val half = rules.windowOverlap / 2
        var start = 0
        while (true) {
            val end = text.after(start, rules.windowCharacters)
            val low = if (start > 0) text.after(start, half) else 0
            val high = if (end < text.length) text.before(end, half) else text.length
            classify(text, start, end, low until high, collected)
            if (end == text.length) break
            start = text.before(end, rules.windowOverlap)
        }
        return Tokens(
            collected.starts.toIntArray(),
            collected.ends.toIntArray(),
            collected.probabilities.toTypedArray(),
        )
    }

    /** The window; in halves where it has too many tokens, as syllables do that the model takes apart. */
    private fun classify(text: String, start: Int, end: Int, own: IntRange, to: Collected) {
        val tokens = classifier.classify(text.substring(start, end))
        if (tokens == null) {
            val middle = text.after(start, text.codePointCount(start, end) / 2)
            if (middle == start) {
                throw RedactionError("The name model takes no text.", nextStep = "upcall pull rampart --verify")
            }
            classify(text, start, middle, own, to)
            classify(text, middle, end, own, to)
            return
        }
        for (index in tokens.starts.indices) {
            if (start + tokens.starts[index] !in own) continue
            to.starts.add(start + tokens.starts[index])
            to.ends.add(start + tokens.ends[index])
            to.probabilities.add(tokens.probabilities[index])
        }
    }
}
