package dev.upcall.core.languagemodel

import dev.upcall.core.testing.Scripted
import dev.upcall.core.testing.ScriptedEngine
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

class EngineMeterTest {
    private val seen = mutableListOf<Int>()
    private val engine =
        ScriptedEngine { tokens ->
            seen += tokens.size
            Scripted(token = tokens.size % 200, probability = 0.9)
        }
    private val meter = EngineMeter(engine)

    @Test
    fun `reads the prompt, then goes on with the likeliest tokens`() {
        assertTrue(meter.prefill(IntArray(10) { it }, chunkTokens = 4) >= 0)
        assertEquals(10, meter.position)
        assertEquals(10, engine.forwardedTokens)
        assertTrue(meter.decode(3) >= 0)
        assertEquals(13, meter.position)
        assertEquals(13, seen.last())
    }

    @Test
    fun `each prompt begins with an empty cache`() {
        repeat(2) { meter.prefill(IntArray(5) { it }) }
        assertEquals(5, meter.position)
    }

    @Test
    fun `an interrupted thread stops`() {
        meter.prefill(intArrayOf(1))
        Thread.currentThread().interrupt()
        assertFailsWith<InterruptedException> { meter.decode(5) }
        assertEquals(1, meter.position)
        Thread.currentThread().interrupt()
        assertFailsWith<InterruptedException> { meter.prefill(intArrayOf(1)) }
    }
}
