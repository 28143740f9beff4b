package dev.upcall.core.languagemodel

import dev.upcall.core.SamplingOptions
import org.junit.jupiter.api.Test
import java.util.Random
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class SamplingTest {
    @Test
    fun `the log-probability of a token is the log-softmax of one`() {
        val random = Random(0)
        repeat(100) {
            val logits = FloatArray(1 + random.nextInt(50)) { (random.nextFloat() - 0.5f) * 160 }
            val token = random.nextInt(logits.size)
            assertEquals(logSoftmax(logits)[token], logProbability(logits, token), 1e-9)
            assertTrue(logProbability(logits, token) <= 0)
        }
    }

    @Test
    fun `a whole vocabulary is summed without loss`() {
        val random = Random(1)
        val logits = FloatArray(49_152) { random.nextGaussian().toFloat() * 4 }
        assertEquals(logSoftmax(logits)[7], logProbability(logits, 7), 1e-9)
    }

    @Test
    fun `a token seen twice is punished once`() {
        val once = Sampler(SamplingOptions(repetitionPenalty = 1.5)).choose(floatArrayOf(1f, 0.6f), intArrayOf(0))
        val twice = Sampler(SamplingOptions(repetitionPenalty = 1.5)).choose(floatArrayOf(1f, 0.6f), intArrayOf(0, 0))
        assertEquals(0, once)
        assertEquals(0, twice)
    }

    @Test
    fun `an excluded token is never drawn`() {
        val sampler = Sampler(SamplingOptions(temperature = 2.0))
        val logits = floatArrayOf(0f, Float.NEGATIVE_INFINITY, 0f)
        val drawn = List(200) { sampler.choose(logits, IntArray(0)) }
        assertEquals(setOf(0, 2), drawn.toSet())
    }
}
