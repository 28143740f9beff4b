package dev.upcall.core.languagemodel

import dev.upcall.core.EngineError
import dev.upcall.core.InputError
import dev.upcall.core.Message
import dev.upcall.core.SamplingOptions
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/** Most tokens that an engine reads at once: a stop takes effect between chunks, and larger ones are hardly faster. */
public const val PREFILL_CHUNK_TOKENS: Int = 256

/** How many tokens two texts have in common before they part. */
internal fun sharedBeginning(one: IntArray, other: IntArray): Int {
    val length = minOf(one.size, other.size)
    return (0..<length).firstOrNull { one[it] != other[it] } ?: length
}

/**
 * One engine with its cache, tokenizer and template: the small language model as it is asked.
 *
 * It is the one owner of its engine: nobody else writes to that, so what it believes of the cache is what the cache holds.
 * Several answers may grow at the same time, on several threads: whoever reads next gets the cache as it needs it, at the price of
 * reading again what another answer has displaced.
 *
 * @param engine handed over; the caller must not use it any more.
 * @property tokenizer of the same bundle.
 * @property template of the same bundle.
 * @property stopTokenIds any of them ends an answer.
 */
public class LanguageModel(
    private val engine: Engine,
    public val tokenizer: Tokenizer,
    public val template: ChatTemplate,
    public val stopTokenIds: Set<Int>,
) : AutoCloseable {
    private val lock = ReentrantLock() // of the engine
    private var held: IntArray? = null // tokens in the engine's cache; null where it is not known

    /** Most tokens of a prompt and its answer together. */
    public val contextLength: Int get() = engine.contextLength

    /**
     * An answer to a conversation; nothing is read before its text is asked for.
     *
     * @param messages the user's question last.
     * @param maxOutputTokens most tokens of the answer, ≥ 1.
     * @param sampling how to choose tokens; by default greedy.
     * @param observe told every step and the token chosen after it.
     * @throws InputError no conversation, or the prompt leaves no room for an answer.
     */
    public fun answer(
        messages: List<Message>,
        maxOutputTokens: Int,
        sampling: SamplingOptions = SamplingOptions(),
        observe: Observe? = null,
    ): LocalAnswer {
        val prompt = tokenizer.encode(template.render(messages))
        val room = contextLength - prompt.size
        if (room < 1) {
            throw InputError(
                "The conversation has ${prompt.size} tokens.",
                allowed = "at most ${contextLength - 1} on this device",
                nextStep = "shorten it, start a new conversation or ask the cloud",
            )
        }
        return LocalAnswer(this, prompt.asList(), sampling, minOf(maxOutputTokens, room), observe)
    }

    /**
     * Brings the engine one chunk nearer to the end of a text, reading only what its cache does not hold.
     *
     * @param tokens of the whole text from its beginning, at least one.
     * @param use is given the step of the last token, once that is read, and gives the result; no other text is read meanwhile, so
     *   the step's arrays hold until it returns.
     * @return null after a chunk that was not the last one: call again.
     * @throws EngineError from the engine, or something else has written to it; the next text is read from its beginning.
     * @throws InterruptedException the thread was interrupted before the chunk was read.
     */
    public fun <T : Any> read(tokens: IntArray, use: (Step) -> T): T? {
        lock.lockInterruptibly()
        try {
            if (Thread.interrupted()) throw InterruptedException()
            return readChunk(tokens)?.let(use)
        } finally {
            lock.unlock()
        }
    }

    /**
     * What the bundle's router head says; see [Engine.route].
     *
     * @throws EngineError from the engine.
     */
    public fun route(stage: RouterStage, features: FloatArray): Double = lock.withLock { engine.route(stage, features) }

    /** Free the engine, once it has ended the step it is at. */
    override fun close(): Unit = lock.withLock { engine.close() }

    /** Reads the next tokens that are not held; the step where they are the last ones. */
    private fun readChunk(tokens: IntArray): Step? {
        val before = held ?: IntArray(0).also { engine.truncate(0) }
        held = null // whatever is thrown below, nothing is believed of the cache afterwards
        if (engine.position != before.size) {
            throw EngineError(
                "The engine holds ${engine.position} tokens in place of ${before.size}: something else wrote to it.",
                nextStep = "give the engine to one LanguageModel only, and ask again",
            )
        }
        // The last token must be computed for its logits, even where it is held.
        val kept = minOf(sharedBeginning(before, tokens), tokens.size - 1)
        if (kept < before.size) engine.truncate(kept)
        val end = minOf(kept + PREFILL_CHUNK_TOKENS, tokens.size)
        val step =
            try {
                engine.forward(tokens.copyOfRange(kept, end))
            } catch (_: OutOfMemoryError) {
                // a phone's heap is small, and the cloud may still answer
                throw EngineError(
                    "The device ran out of memory.",
                    nextStep = "close other apps, or ask for less at once",
                )
            }
        held = tokens.copyOf(end)
        return step.takeIf { end == tokens.size }
    }
}
