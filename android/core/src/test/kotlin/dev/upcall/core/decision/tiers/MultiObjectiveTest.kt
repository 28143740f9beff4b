package dev.upcall.core.decision.tiers

import dev.upcall.core.InputError
import dev.upcall.core.redaction.Action
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

class MultiObjectiveTest {
    private val local = Option(Way.LOCAL, tier = 0, quality = 0.5, cost = 0.0)
    private val masked = Option(Way.MASK_SEND, tier = 1, quality = 0.5 + 0.6 * TIE, cost = 0.0, leak = 1.0)
    private val sent = Option(Way.SEND, tier = 1, quality = 0.5 + 1.2 * TIE, cost = 0.0, leak = 2.0)

    @Test
    fun `of equal options the one that leaks least whatever their order`() {
        val orders = listOf(listOf(local, masked, sent), listOf(sent, masked, local), listOf(masked, sent, local))
        for (order in orders) {
            assertEquals(masked, chooseOption(order, Privacy(isPrivate = false), costPrice = 0.0, leakPrice = 0.0))
        }
    }

    @Test
    fun `no price outweighs the hard rule`() {
        assertEquals(setOf(Way.LOCAL), allowedWays(Privacy(isPrivate = false, detectorFailed = true)))
        assertEquals(setOf(Way.LOCAL), allowedWays(Privacy(isPrivate = true, policy = Action.BLOCK)))
        assertEquals(setOf(Way.LOCAL, Way.MASK_SEND), allowedWays(Privacy(isPrivate = true)))
        assertEquals(Way.entries.toSet(), allowedWays(Privacy(isPrivate = true, policy = Action.ALLOW)))
        assertEquals(Way.entries.toSet(), allowedWays(Privacy(isPrivate = false, policy = Action.BLOCK)))
        val best = sent.copy(quality = 1.0)
        val chosen = chooseOption(listOf(local, best), Privacy(isPrivate = true), costPrice = 0.0, leakPrice = 0.0)
        assertEquals(Way.LOCAL, chosen.way)
    }

    @Test
    fun `leakage does not rise with its price`() {
        val options = listOf(local, masked.copy(quality = 0.7), sent.copy(quality = 0.9))
        val leaks =
            listOf(0.0, 0.1, 0.3, 1.0).map {
                chooseOption(options, Privacy(isPrivate = false), costPrice = 0.0, leakPrice = it).leak
            }
        assertEquals(listOf(2.0, 2.0, 0.0, 0.0), leaks)
    }

    @Test
    fun `what is not usable is refused`() {
        assertFailsWith<InputError> { Option(Way.SEND, tier = 0, quality = 0.5, cost = 0.0) }
        assertFailsWith<InputError> { Option(Way.LOCAL, tier = 1, quality = 0.5, cost = 0.0) }
        assertFailsWith<InputError> { local.copy(leak = 1.0) }
        for (number in listOf(Double.NaN, -1.0)) {
            assertFailsWith<InputError> { sent.copy(cost = number) }
            assertFailsWith<InputError> { sent.copy(leak = number) }
        }
        assertFailsWith<InputError> { sent.copy(quality = Double.POSITIVE_INFINITY) }
        assertFailsWith<InputError> { chooseOption(listOf(sent), Privacy(isPrivate = false), 0.0, 0.0) }
        assertFailsWith<InputError> { chooseOption(listOf(local), Privacy(isPrivate = false), -0.1, 0.0) }
        assertFailsWith<InputError> { chooseOption(listOf(local), Privacy(isPrivate = false), 0.0, Double.NaN) }
    }
}
