package dev.upcall.core.languagemodel

import dev.upcall.core.EngineError
import dev.upcall.core.FinishReason
import dev.upcall.core.Message
import dev.upcall.core.Role
import dev.upcall.core.testing.ScriptedEngine
import dev.upcall.core.testing.TURN_END_ID
import dev.upcall.core.testing.chatmlModel
import dev.upcall.core.testing.says
import org.junit.jupiter.api.Test
import kotlin.math.ln
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNull

class LocalAnswerTest {
    private val question = listOf(Message(Role.USER, "Hi"))

    @Test
    fun `an answer ends with the token that ends a turn`() {
        val answer = chatmlModel(ScriptedEngine(script = says("Héllo"))).answer(question, maxOutputTokens = 50)
        val pieces = generateSequence { answer.next() }.toList()
        assertEquals(listOf("H", "", "é", "l", "l", "o", "", ""), pieces)
        assertEquals("Héllo", answer.answer)
        assertEquals(FinishReason.STOP, answer.finishReason)
        assertEquals(TURN_END_ID, answer.tokens.last())
        assertEquals(7, answer.outputTokens)
        answer.logProbs.forEach { assertEquals(ln(0.9), it, 1e-6) }
        assertNull(answer.next())
    }

    @Test
    fun `an answer that is cut off ends with what became no character`() {
        val answer = chatmlModel(ScriptedEngine(script = says("aé"))).answer(question, maxOutputTokens = 2)
        assertEquals("a\uFFFD", answer.finish())
        assertEquals(FinishReason.LENGTH, answer.finishReason)
        assertEquals(2, answer.logProbs.size)
    }

    @Test
    fun `nothing is read before the text is asked for, and nothing more after it is left`() {
        val engine = ScriptedEngine(script = says("Hello"))
        val answer = chatmlModel(engine).answer(question, maxOutputTokens = 50)
        assertEquals(0, engine.forwardedTokens)
        answer.next()
        answer.next()
        assertEquals(answer.inputTokens + 1, engine.forwardedTokens)
        assertEquals("Hello", answer.finish())
    }

    @Test
    fun `a long prompt can be left between its chunks`() {
        val engine = ScriptedEngine(script = says("Hello"))
        val long = listOf(Message(Role.USER, "x".repeat(3 * PREFILL_CHUNK_TOKENS)))
        val answer = chatmlModel(engine).answer(long, maxOutputTokens = 50)
        assertEquals("", answer.next())
        assertEquals(PREFILL_CHUNK_TOKENS, engine.forwardedTokens)
        assertEquals(0, answer.outputTokens)
    }

    @Test
    fun `every step is told with the token chosen after it`() {
        val told = mutableListOf<Int>()
        val model = chatmlModel(ScriptedEngine(script = says("ab")))
        val answer =
            model.answer(question, maxOutputTokens = 50) { step, token ->
                assertEquals(token, step.logits.indexOfMax())
                told += token
            }
        answer.finish()
        assertEquals(answer.tokens, told)
    }

    @Test
    fun `an interrupted answer is taken up again`() {
        val answer = chatmlModel(ScriptedEngine(script = says("Hello"))).answer(question, maxOutputTokens = 50)
        answer.next()
        Thread.currentThread().interrupt()
        assertFailsWith<InterruptedException> { answer.next() }
        assertEquals("Hello", answer.finish())
    }

    @Test
    fun `the engine's error comes through`() {
        val answer =
            chatmlModel(
                ScriptedEngine { throw EngineError("No memory.") },
            ).answer(question, maxOutputTokens = 50)
        assertEquals("No memory.", assertFailsWith<EngineError> { answer.finish() }.problem)
    }
}
