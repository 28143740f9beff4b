package dev.upcall.core.conformance

import dev.upcall.core.decision.Signal
import dev.upcall.core.decision.score
import org.junit.jupiter.api.TestFactory
import kotlin.test.assertEquals

class ScoreVectorsTest {
    @TestFactory
    fun `scores are those of the vectors`() = suite("decision").cases("score") { case ->
        val signal = Signal.entries.single { it.value == case.text("signal") }
        val logProbs = case.list("log_probs").doubles().toList()
        val error = case.text("error")
        if (error != null) {
            refused(error) { score(signal, logProbs) }
        } else {
            assertEquals(case.number("expect")!!, score(signal, logProbs), case.number("tolerance")!!)
        }
    }
}
