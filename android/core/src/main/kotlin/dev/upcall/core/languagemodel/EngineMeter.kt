package dev.upcall.core.languagemodel

/**
 * Measures how fast an engine is: greedy, with nothing around it but the choice of the likeliest token. Not thread-safe.
 *
 * @param engine is used, and not closed; its cache is emptied by [prefill].
 */
public class EngineMeter(private val engine: Engine) {
    private var next = -1

    /** Tokens in the cache. */
    public val position: Int get() = engine.position

    /**
     * Seconds to read a prompt into an empty cache and choose the first token of the answer.
     *
     * @param tokens at least one.
     * @param chunkTokens most that are read at once.
     * @throws dev.upcall.core.EngineError from the engine.
     * @throws InterruptedException the thread was interrupted before a chunk was read.
     */
    public fun prefill(tokens: IntArray, chunkTokens: Int = tokens.size): Double {
        engine.truncate(0)
        return seconds {
            for (begin in tokens.indices step chunkTokens) {
                stopIfInterrupted()
                next = likeliest(engine.forward(tokens.copyOfRange(begin, minOf(begin + chunkTokens, tokens.size))))
            }
        }
    }

    /**
     * Seconds to go on by so many tokens.
     *
     * @throws dev.upcall.core.EngineError from the engine.
     * @throws InterruptedException the thread was interrupted before a token.
     */
    public fun decode(count: Int): Double = seconds {
        repeat(count) {
            stopIfInterrupted()
            next = likeliest(engine.forward(intArrayOf(next)))
        }
    }

    private fun stopIfInterrupted() {
        if (Thread.interrupted()) throw InterruptedException()
    }
}

private fun likeliest(step: Step): Int {
    val logits = step.logits
    var best = 0
    for (index in logits.indices) if (logits[index] > logits[best]) best = index
    return best
}

private inline fun seconds(work: () -> Unit): Double {
    val startNs = System.nanoTime()
    work()
    return (System.nanoTime() - startNs) / 1e9
}
