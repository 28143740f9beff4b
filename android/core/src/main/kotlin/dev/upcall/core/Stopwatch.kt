package dev.upcall.core

/** Wall-clock time since it was made. */
internal class Stopwatch {
    private val startNs = System.nanoTime()

    fun elapsedMs(): Double = (System.nanoTime() - startNs) / 1e6
}
