package dev.upcall.app.data

import dev.upcall.core.Answer
import dev.upcall.core.Decided
import dev.upcall.core.Done
import dev.upcall.core.EscalationError
import dev.upcall.core.EscalationReason
import dev.upcall.core.FinishReason
import dev.upcall.core.Message
import dev.upcall.core.Redacted
import dev.upcall.core.Restored
import dev.upcall.core.Role
import dev.upcall.core.Token
import dev.upcall.core.Usage
import dev.upcall.core.decision.Circumstances
import dev.upcall.core.decision.DeviceState
import dev.upcall.core.decision.Network
import dev.upcall.core.decision.Place
import dev.upcall.core.decision.Strategy
import dev.upcall.core.decision.Thermal
import dev.upcall.core.decision.Weight
import dev.upcall.core.decision.decide
import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Masked
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import kotlin.math.ln

class AnswerTraceTest {
    private val circumstances =
        Circumstances(
            Strategy.CASCADE,
            hasCloud = true,
            score = -2.0,
            threshold = ln(0.5),
            qualityLevel = 0.75,
            device = DeviceState(batteryPercent = 55.0, thermal = Thermal.LIGHT, network = Network.METERED),
        )

    private fun answer(content: String = "Write to [[EMAIL_1_k7]]") = Answer().apply {
        val decision = decide(circumstances)
        add(Token("draft", Place.DEVICE))
        add(Decided(decision, circumstances))
        add(
            Redacted(
                "cloud.example:443",
                listOf(Message(Role.SYSTEM, "Copy."), Message(Role.USER, content)),
                listOf(Masked("[[EMAIL_1_k7]]", EntityType.EMAIL)),
                mapOf(EntityType.EMAIL to 1),
            ),
        )
        add(Token("Done.", Place.CLOUD))
        add(Restored(count = 1, alteredCount = 2))
        add(Usage(Place.CLOUD, 20, 3, timeToFirstTokenMs = 80.0, totalMs = 200.0, tokensPerS = 21.5, lostMs = 1.0))
        val lost = EscalationError("Gone.", EscalationReason.UNAVAILABLE, "a", "b")
        add(Done("Done.", decision, FinishReason.LENGTH, lost))
    }

    @Test
    fun `a trace has all that the answer tells, and is read as it was written`() {
        val trace = traceOf(answer())
        assertEquals(Place.CLOUD, trace.place)
        assertEquals(listOf(Weight.QUALITY_LEVEL, Weight.METERED), trace.adjustments.map { it.weight })
        assertEquals(ln(0.5), trace.calibratedThreshold!!, 1e-12)
        assertEquals(ln(0.65), trace.threshold!!, 1e-12)
        assertEquals(TracedDevice(55.0, null, Thermal.LIGHT, Network.METERED), trace.device)
        assertEquals(listOf("Copy.", "Write to [[EMAIL_1_k7]]"), trace.sent.map { it.content })
        assertEquals(mapOf(EntityType.EMAIL to 1), trace.masked)
        assertEquals(1 to 2, trace.restoredCount to trace.alteredCount)
        assertEquals(TracedError("escalation", "Gone.", "a", "b"), trace.cloudError)
        assertEquals(TracedUsage(20, 3, 80.0, 200.0, 21.5, 1.0), trace.usage)
        assertEquals(trace, traceOf(trace.pieces(1).map { it.text }))
    }

    @Test
    fun `a long trace is cut between characters`() {
        val trace = traceOf(answer("😀".repeat(65_000))).let { it.copy(sent = List(20) { _ -> it.sent[1] }) }
        val pieces = trace.pieces(answerId = 7)
        assertTrue(pieces.size > 10)
        assertTrue(pieces.all { it.text.length <= 200_000 && !it.text.first().isLowSurrogate() })
        assertEquals(pieces.indices.toList(), pieces.map { it.position })
        assertEquals(trace, traceOf(pieces.map { it.text }))
    }

    @Test
    fun `a trace that cannot be read is none`() {
        assertNull(traceOf(emptyList()))
        assertNull(traceOf(listOf("{\"place\":\"DEV", "ICE\"")))
        assertNull(traceOf(listOf("{\"score\":\"high\"}")))
    }

    @Test
    fun `what a later version adds is left out`() {
        assertEquals(AnswerTrace(score = -1.0), traceOf(listOf("""{"score":-1.0,"mood":"fine","place":"MOON"}""")))
    }

    @Test
    fun `a trace tells nothing of its words in logs`() {
        assertFalse("Write" in traceOf(answer()).toString())
    }
}
