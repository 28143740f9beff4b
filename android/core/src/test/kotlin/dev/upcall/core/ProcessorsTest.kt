package dev.upcall.core

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class ProcessorsTest {
    @Test
    fun `lists of processors are read and others are none`() {
        assertEquals(listOf(0, 1, 2, 3, 6), processors("\t0-3,6\n"))
        assertEquals(listOf(5), processors("5"))
        assertEquals(null, processors(""))
        assertEquals(null, processors("0-x"))
    }

    @Test
    fun `there is a core and there are no more than the machine has`() {
        assertTrue(physicalCores() in 1..maxOf(1, Runtime.getRuntime().availableProcessors()))
    }
}
