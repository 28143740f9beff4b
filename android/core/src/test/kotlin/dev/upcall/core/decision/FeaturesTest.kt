package dev.upcall.core.decision

import dev.upcall.core.InputError
import dev.upcall.core.languagemodel.Step
import dev.upcall.core.languagemodel.logSoftmax
import org.junit.jupiter.api.Test
import java.util.Random
import kotlin.math.exp
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

class FeaturesTest {
    @Test
    fun `statistics are those of the distribution`() {
        val random = Random(0)
        val logits = FloatArray(49_152) { random.nextGaussian().toFloat() * 5 }
        val expected = logSoftmax(logits)
        val ranked = expected.sortedDescending()
        for (token in listOf(7, expected.indexOfFirst { it == ranked[0] })) {
            val found = tokenStatistics(logits, token)
            assertEquals(expected[token], found.logProb, 1e-5)
            assertEquals(-expected.sumOf { exp(it) * it }, found.entropy, 1e-4)
            assertEquals(ranked[0] - ranked[1], found.margin, 1e-5)
        }
    }

    @Test
    fun `a token that the model excludes spoils no statistic`() {
        val found = tokenStatistics(floatArrayOf(1f, Float.NEGATIVE_INFINITY, 1f), 0)
        assertEquals(-0.693147, found.logProb, 1e-6)
        assertEquals(0.693147, found.entropy, 1e-6)
        assertEquals(0.0, found.margin)
    }

    @Test
    fun `an engine may use its arrays again`() {
        val logits = floatArrayOf(1f, 2f)
        val state = FloatArray(2)
        val step = Step(listOf(logits), state, state)
        val answer = AnswerFeatures()
        answer.add(step, 0)
        val pre = answer.pre(inputTokens = 3)
        state.fill(5f)
        logits[0] = 9f
        answer.add(step, 1)
        state.fill(105f)
        assertEquals(listOf(2.5f, 2.5f, 5f, 5f, 2.5f, 2.5f, 5f, 5f), answer.post(isComplete = true).takeLast(8))
        assertEquals(pre.toList(), answer.pre(inputTokens = 3).toList())
    }

    @Test
    fun `no answer has no features`() {
        assertFailsWith<InputError> { AnswerFeatures().post(isComplete = true) }
        assertFailsWith<InputError> { AnswerFeatures().pre(inputTokens = 1) }
    }
}
