package dev.upcall.core.decision

import dev.upcall.core.languagemodel.RouterStage
import org.junit.jupiter.api.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

class ConfidenceTest {
    @Test
    fun `a signal of a router head has that head's stage`() {
        val stages = Signal.entries.associateWith { it.stage }.filterValues { it != null }
        assertEquals(mapOf(Signal.ROUTER_PRE to RouterStage.PRE, Signal.ROUTER_POST to RouterStage.POST), stages)
    }

    @Test
    fun `a router head's signal is not worked out from tokens`() {
        assertFailsWith<IllegalArgumentException> { score(Signal.ROUTER_PRE, listOf(-1.0)) }
    }
}
