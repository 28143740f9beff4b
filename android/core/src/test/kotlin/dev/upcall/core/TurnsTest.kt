package dev.upcall.core

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

@OptIn(ExperimentalCoroutinesApi::class)
class TurnsTest {
    private val turns = Turns()
    private val order = mutableListOf<String>()

    @Test
    fun `who waits longest comes next`() = runTest {
        val end = CompletableDeferred<Unit>()
        launch { turns.take { end.await() } }
        for (name in listOf("a", "b", "c")) launch { turns.take { order += name } }
        runCurrent()
        assertEquals(emptyList(), order)
        end.complete(Unit)
        runCurrent()
        assertEquals(listOf("a", "b", "c"), order)
    }

    @Test
    fun `a question within a question does not wait for it`() = runTest {
        turns.take { turns.take { order += "inner" } }
        turns.take { launch { turns.take { order += "child" } }.join() }
        turns.take { order += "later" }
        assertEquals(listOf("inner", "child", "later"), order)
    }

    @Test
    fun `who gives up waiting leaves the turn to others`() = runTest {
        val end = CompletableDeferred<Unit>()
        launch { turns.take { end.await() } }
        val impatient = launch { turns.take { order += "impatient" } }
        launch { turns.take { order += "patient" } }
        runCurrent()
        impatient.cancelAndJoin()
        end.complete(Unit)
        runCurrent()
        assertEquals(listOf("patient"), order)
    }

    @Test
    fun `a turn that fails is over`() = runTest {
        assertFailsWith<IllegalStateException> { turns.take { error("failed") } }
        turns.take { order += "next" }
        assertEquals(listOf("next"), order)
    }

    @Test
    fun `after the end those who wait and those who come are refused`() = runTest {
        val end = CompletableDeferred<Unit>()
        val running = launch { turns.take { end.await() } }
        val waiting = launch { assertFailsWith<InputError> { turns.take { } } }
        runCurrent()
        turns.close()
        assertFailsWith<InputError> { turns.take { } }
        waiting.join()
        end.complete(Unit)
        running.join()
        assertFailsWith<InputError> { turns.take { } }
    }
}
