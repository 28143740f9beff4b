package dev.upcall.engine.onnx

import java.nio.channels.ClosedByInterruptException
import java.nio.channels.spi.AbstractInterruptibleChannel

/**
 * Native work that an interrupt of its thread must stop.
 *
 * The JVM offers the hook to channels only: what is interrupted between `begin` and `end` has its channel closed.
 *
 * @param stop called by the thread that interrupts, at most once.
 */
internal class Interruption(private val stop: () -> Unit) : AbstractInterruptibleChannel() {
    /** Whether the thread was interrupted during the work, or before it. */
    var isInterrupted: Boolean = false
        private set

    /** Do the work; what it throws once it is stopped is its own. The thread stays interrupted. */
    fun <T> during(work: () -> T): T {
        begin()
        try {
            return work()
        } finally {
            try {
                end(true)
            } catch (_: ClosedByInterruptException) {
                isInterrupted = true
            }
        }
    }

    override fun implCloseChannel(): Unit = stop()
}
