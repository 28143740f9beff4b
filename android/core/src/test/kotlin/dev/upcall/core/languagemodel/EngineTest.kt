package dev.upcall.core.languagemodel

import dev.upcall.core.EngineError
import org.junit.jupiter.api.Test
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

class EngineTest {
    private fun refused(vararg tokens: Int, position: Int = 0) =
        assertFailsWith<EngineError> { checkTokens(tokens, position, contextLength = 4, vocabularySize = 10) }

    @Test
    fun `a step gives the logits of its last tokens, eight at most`() {
        assertEquals(listOf(1, 8, 8), listOf(1, 8, 256).map(::logitRows))
        val step = Step(listOf(floatArrayOf(1f), floatArrayOf(2f)), FloatArray(0), FloatArray(0))
        assertContentEquals(floatArrayOf(2f), step.logits)
    }

    @Test
    fun `tokens that no cache can take are refused`() {
        checkTokens(intArrayOf(0, 9, 5, 5), position = 0, contextLength = 4, vocabularySize = 10)
        assertEquals("No tokens were given.", refused().problem)
        assertEquals("0 to 9", refused(3, 10).allowed)
        assertEquals("0 to 9", refused(-1).allowed)
        assertEquals("5 tokens do not fit.", refused(1, 1, position = 3).problem)
    }

    @Test
    fun `features that no head can take are refused`() {
        checkFeatures(floatArrayOf(1f), count = 1, RouterStage.PRE)
        assertFailsWith<EngineError> { checkFeatures(floatArrayOf(1f), count = null, RouterStage.PRE) }
        assertFailsWith<EngineError> { checkFeatures(floatArrayOf(1f), count = 2, RouterStage.PRE) }
        assertFailsWith<EngineError> { checkFeatures(floatArrayOf(Float.NaN), count = 1, RouterStage.POST) }
        assertEquals(listOf("route_pre", "route_post"), RouterStage.entries.map { it.method })
    }

    @Test
    fun `a cache is cut within itself only`() {
        checkPosition(3, position = 3)
        assertEquals("0 to 3", assertFailsWith<EngineError> { checkPosition(4, position = 3) }.allowed)
        assertFailsWith<EngineError> { checkPosition(-1, position = 3) }
    }
}
