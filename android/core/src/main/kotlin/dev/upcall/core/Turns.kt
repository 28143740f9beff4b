package dev.upcall.core

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.currentCoroutineContext

/**
 * Turns: questions of several coroutines use one session one after the other. Who waits longest comes next.
 *
 * A question that is asked while the events of another are being collected, by the same coroutine or a child of it, does not wait:
 * it would for ever.
 */
internal class Turns {
    private class Waiting(val asker: Job?) {
        val turn = CompletableDeferred<Unit>()
        var hasTurn = false
    }

    private val lock = Any()
    private val waiting = ArrayDeque<Waiting>()
    private var holder: Job? = null
    private var running = 0
    private var isClosed = false

    /**
     * Wait for a turn and have it until the block ends.
     *
     * @throws InputError the session was closed.
     */
    suspend fun <T> take(block: suspend () -> T): T {
        val mine = Waiting(currentCoroutineContext()[Job])
        synchronized(lock) {
            waiting.addLast(mine)
            callNext()
        }
        try {
            mine.turn.await()
            return block()
        } finally {
            synchronized(lock) {
                waiting.remove(mine)
                if (mine.hasTurn) running--
                callNext()
            }
        }
    }

    /** Refuse all who wait and all who come. */
    fun close(): Unit = synchronized(lock) {
        isClosed = true
        callNext()
    }

    private fun callNext() {
        if (isClosed) waiting.forEach { it.turn.completeExceptionally(closed()) }
        if (isClosed) waiting.clear()
        while (true) {
            val next = if (running == 0) waiting.firstOrNull() else waiting.find { it.asker.isWithin(holder) }
            if (next == null) return
            waiting.remove(next)
            if (running == 0) holder = next.asker
            running++
            next.hasTurn = true
            next.turn.complete(Unit)
        }
    }

    private fun closed() = InputError("The session is closed.", nextStep = "open another one")

    @OptIn(ExperimentalCoroutinesApi::class)
    private fun Job?.isWithin(other: Job?): Boolean =
        this != null && other != null && generateSequence(this) { it.parent }.any { it === other }
}
