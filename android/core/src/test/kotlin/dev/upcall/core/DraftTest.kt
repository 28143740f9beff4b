package dev.upcall.core

import dev.upcall.core.decision.AnswerFeatures
import dev.upcall.core.decision.Signal
import dev.upcall.core.languagemodel.RouterStage
import dev.upcall.core.testing.Script
import dev.upcall.core.testing.Scripted
import dev.upcall.core.testing.ScriptedEngine
import dev.upcall.core.testing.chatmlModel
import dev.upcall.core.testing.says
import org.junit.jupiter.api.Test
import kotlin.math.ln
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue

class DraftTest {
    private fun draft(
        signal: Signal,
        threshold: Double?,
        script: Script = says("Hello"),
        heads: Map<RouterStage, (FloatArray) -> Double> = emptyMap(),
    ): Draft {
        val model = chatmlModel(ScriptedEngine(script = script, heads = heads))
        val features = signal.stage?.let { AnswerFeatures() }
        val local = model.answer(listOf(Message(Role.USER, "Hi")), 50, observe = features?.let { it::add })
        return Draft(local, model, signal, features, threshold)
    }

    private fun Draft.finish() {
        while (next() != null) continue
    }

    @Test
    fun `the mean is known at the end only`() {
        val draft = draft(Signal.MEAN_LOG_PROB, threshold = -0.01)
        assertFalse(draft.isLost)
        draft.finish()
        assertFalse(draft.isLost)
        assertNull(draft.score)
        draft.settle()
        assertEquals(ln(0.9), draft.score!!, 1e-6)
    }

    @Test
    fun `a draft is lost at its first unlikely token`() {
        val sure = says("Hello")
        val unsure: Script = { tokens ->
            sure(tokens).let { if (it.token == 'l'.code - BYTE_SHIFT) Scripted(it.token, 0.2) else it }
        }
        val draft = draft(Signal.MIN_LOG_PROB, threshold = -1.0, script = unsure)
        while (!draft.isLost) assertNotNull(draft.next())
        assertEquals("Hel", draft.local.answer)
        draft.settle()
        assertEquals(ln(0.2), draft.score!!, 1e-6)
        draft.finish()
        assertEquals("Hello", draft.local.answer)
        assertEquals(ln(0.2), draft.score!!, 1e-6)
    }

    @Test
    fun `without a threshold no draft is lost`() {
        val draft = draft(Signal.MIN_LOG_PROB, threshold = null)
        draft.finish()
        assertFalse(draft.isLost)
    }

    @Test
    fun `a head that looks at the prompt decides after the first token`() {
        val draft = draft(Signal.ROUTER_PRE, threshold = -0.5, heads = mapOf(RouterStage.PRE to { -0.7 }))
        assertFalse(draft.isLost)
        draft.next()
        assertTrue(draft.isLost)
        assertEquals(-0.7, draft.score)
        assertFalse(draft(Signal.ROUTER_PRE, -0.7, heads = mapOf(RouterStage.PRE to { -0.7 })).apply { next() }.isLost)
    }

    @Test
    fun `a head that looks at the answer is given its features`() {
        var given = FloatArray(0)
        val head = { features: FloatArray -> (-0.2).also { given = features } }
        val draft = draft(Signal.ROUTER_POST, threshold = -0.5, heads = mapOf(RouterStage.POST to head))
        draft.finish()
        draft.settle()
        draft.settle()
        assertEquals(-0.2, draft.score)
        assertEquals(15, given.size)
        assertEquals(1f, given[6], "the answer is complete")
    }

    @Test
    fun `nothing speaks for a draft whose head fails`() {
        val draft = draft(Signal.ROUTER_PRE, threshold = -0.5)
        draft.next()
        assertTrue(draft.isLost)
        assertNull(draft.score)
    }

    @Test
    fun `time counts where the engine works`() {
        val draft = draft(Signal.MEAN_LOG_PROB, threshold = null)
        assertNull(draft.tokensPerS)
        draft.finish()
        assertTrue(draft.firstTokenS!! <= draft.firstTextS!! && draft.firstTextS!! < draft.madeS)
        assertTrue(draft.tokensPerS!! > 0)
    }

    private companion object {
        const val BYTE_SHIFT = 33 // the tokens of printable ASCII come first
    }
}
