package dev.upcall.core.languagemodel

import dev.upcall.core.EngineError
import dev.upcall.core.InputError
import dev.upcall.core.Message
import dev.upcall.core.Role
import dev.upcall.core.testing.Scripted
import dev.upcall.core.testing.ScriptedEngine
import dev.upcall.core.testing.chatmlModel
import org.junit.jupiter.api.Test
import kotlin.concurrent.thread
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertNull
import kotlin.test.assertTrue

class LanguageModelTest {
    /** By which the next token tells the whole text: a wrong cache gives a wrong token. */
    private fun tellAll(tokens: List<Int>) = Scripted(Math.floorMod(tokens.hashCode(), 256), 0.9)

    private fun LanguageModel.tokenAfter(text: List<Int>): Int {
        while (true) return read(text.toIntArray()) { it.logits.indexOfMax() } ?: continue
    }

    private fun user(content: String) = listOf(Message(Role.USER, content))

    @Test
    fun `two texts share their beginning`() {
        fun shared(one: List<Int>, other: List<Int>) = sharedBeginning(one.toIntArray(), other.toIntArray())
        assertEquals(0, shared(emptyList(), emptyList()))
        assertEquals(2, shared(listOf(1, 2), listOf(1, 2, 3)))
        assertEquals(1, shared(listOf(1, 2), listOf(1, 3)))
        assertEquals(0, shared(listOf(1), listOf(2)))
    }

    @Test
    fun `texts are read as they are, whatever was read before`() {
        val model = chatmlModel(ScriptedEngine(script = ::tellAll))
        val long = (0..<200).toList().let { it + it + it + it }
        val texts =
            listOf(
                listOf(1, 2, 3),
                listOf(1, 2, 3, 4),
                listOf(1, 2),
                listOf(9),
                listOf(1, 2, 3, 4),
                listOf(1, 2, 3, 4),
                long,
            )
        for (text in texts) assertEquals(tellAll(text).token, model.tokenAfter(text))
    }

    @Test
    fun `what is held is not read again`() {
        val engine = ScriptedEngine(script = ::tellAll)
        val model = chatmlModel(engine)
        model.tokenAfter((0..<100).toList())
        model.tokenAfter((0..<100).toList() + 7)
        assertEquals(101, engine.forwardedTokens)
    }

    @Test
    fun `a long text comes in chunks`() {
        val model = chatmlModel(ScriptedEngine(script = ::tellAll))
        val text = IntArray(2 * PREFILL_CHUNK_TOKENS + 1)
        assertNull(model.read(text) { it })
        assertNull(model.read(text) { it })
        assertTrue(model.read(text) { it } != null)
    }

    @Test
    fun `another hand on the engine is an error and then forgotten`() {
        val engine = ScriptedEngine(script = ::tellAll)
        val model = chatmlModel(engine)
        model.tokenAfter(listOf(1, 2, 3))
        engine.forward(intArrayOf(4))
        val error = assertFailsWith<EngineError> { model.tokenAfter(listOf(1, 2, 3, 5)) }
        assertTrue("something else wrote" in error.problem)
        assertEquals(tellAll(listOf(1, 2, 3, 5)).token, model.tokenAfter(listOf(1, 2, 3, 5)))
    }

    @Test
    fun `after an error nothing is believed of the cache`() {
        var hasFailed = false
        val engine =
            ScriptedEngine { tokens ->
                if (tokens.size == 3 && !hasFailed) {
                    hasFailed = true
                    throw EngineError("No memory.")
                }
                tellAll(tokens)
            }
        val model = chatmlModel(engine)
        model.tokenAfter(listOf(1, 2))
        assertFailsWith<EngineError> { model.tokenAfter(listOf(1, 2, 3)) }
        assertEquals(tellAll(listOf(1, 2, 3)).token, model.tokenAfter(listOf(1, 2, 3)))
    }

    @Test
    fun `two answers may grow at the same time`() {
        fun alone(content: String) = chatmlModel(ScriptedEngine(script = ::tellAll))
            .answer(user(content), maxOutputTokens = 20)
            .also { it.finish() }
            .tokens

        val model = chatmlModel(ScriptedEngine(script = ::tellAll))
        val first = model.answer(user("one"), maxOutputTokens = 20)
        val second = model.answer(user("two"), maxOutputTokens = 20)
        while (first.next() != null || second.next() != null) continue
        assertEquals(listOf(alone("one"), alone("two")), listOf(first.tokens, second.tokens))
    }

    @Test
    fun `two threads may read at the same time`() {
        val model = chatmlModel(ScriptedEngine(script = ::tellAll))
        val answers = listOf("one", "two").map { model.answer(user(it), maxOutputTokens = 30) }
        answers.map { thread { it.finish() } }.forEach { it.join() }
        val alone =
            listOf("one", "two").map {
                val own = chatmlModel(ScriptedEngine(script = ::tellAll))
                own.answer(user(it), maxOutputTokens = 30).apply { finish() }.tokens
            }
        assertEquals(alone, answers.map { it.tokens })
    }

    @Test
    fun `a prompt that leaves no room is refused, and one that leaves little ends early`() {
        val prompt = chatmlModel(ScriptedEngine(script = ::tellAll)).answer(user("Hi"), maxOutputTokens = 1).inputTokens
        val full = chatmlModel(ScriptedEngine(contextLength = prompt, script = ::tellAll))
        val error = assertFailsWith<InputError> { full.answer(user("Hi"), maxOutputTokens = 1) }
        assertEquals("at most ${prompt - 1} on this device", error.allowed)
        val tight = chatmlModel(ScriptedEngine(contextLength = prompt + 2) { Scripted('a'.code, 0.9) })
        val answer = tight.answer(user("Hi"), maxOutputTokens = 100)
        answer.finish()
        assertEquals(2, answer.outputTokens)
    }

    @Test
    fun `an interrupted thread reads no further, and the cache stays what it was`() {
        val engine = ScriptedEngine(script = ::tellAll)
        val model = chatmlModel(engine)
        model.tokenAfter(listOf(1, 2, 3))
        Thread.currentThread().interrupt()
        assertFailsWith<InterruptedException> { model.tokenAfter(listOf(1, 2, 3, 4)) }
        assertFalse(Thread.currentThread().isInterrupted)
        assertEquals(tellAll(listOf(1, 2, 3, 4)).token, model.tokenAfter(listOf(1, 2, 3, 4)))
        assertEquals(4, engine.forwardedTokens)
    }

    @Test
    fun `a closed model is refused by its engine`() {
        val model = chatmlModel(ScriptedEngine(script = ::tellAll))
        model.close()
        model.close()
        assertFailsWith<EngineError> { model.tokenAfter(listOf(1)) }
        assertFailsWith<EngineError> { model.route(RouterStage.PRE, FloatArray(0)) }
    }

    @Test
    fun `the arrays of a step hold while it is used`() {
        val model = chatmlModel(ScriptedEngine(script = ::tellAll))
        val rows = model.read(intArrayOf(1, 2, 3)) { step -> step.lastLogits.map { it.indexOfMax() } }!!
        val texts = listOf(listOf(1), listOf(1, 2), listOf(1, 2, 3))
        assertEquals(texts.map { tellAll(it).token }, rows)
    }
}
