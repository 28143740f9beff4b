package dev.upcall.core.languagemodel

import dev.upcall.core.EngineError

/** The logits of so many of a step's last tokens are given: what it takes to check a draft of seven tokens in one pass. */
public const val MAX_LOGIT_ROWS: Int = 8

/** R, the rows of logits that a step over T ≥ 1 tokens gives: min(T, 8). */
public fun logitRows(tokens: Int): Int = minOf(tokens, MAX_LOGIT_ROWS)

/**
 * What one forward pass over T tokens gives. Arrays are valid until the next call on the engine, which may write into them again.
 *
 * @property lastLogits R = min(T, 8) rows of V logits: after each of the last R tokens, for the token that follows it. An engine
 *   may give a list that copies a row when it is asked for it, since mostly only the last one is.
 * @property hiddenLast D numbers, final-norm hidden state of the last token.
 * @property hiddenMid D numbers, residual stream of the last token after three quarters of the layers.
 */
public class Step(
    public val lastLogits: List<FloatArray>,
    public val hiddenLast: FloatArray,
    public val hiddenMid: FloatArray,
) {
    /** V logits for the token after the last one. */
    public val logits: FloatArray get() = lastLogits.last()
}

/** When a router head is asked, in the terms of `upcall.protocol.v1.RouterStage`. */
public enum class RouterStage {
    PRE,
    POST,
    ;

    /** The word of the vectors. */
    public val value: String get() = name.lowercase()

    /** Name of the head in a program, and of its graph beside `model.onnx`. */
    public val method: String get() = "route_$value"
}

/** A language model with a key-value cache, one conversation at a time; not thread-safe. */
public interface Engine : AutoCloseable {
    /** Most tokens that the cache can hold. */
    public val contextLength: Int

    /** Tokens in the cache. */
    public val position: Int

    /**
     * Append T ≥ 1 tokens to the cache: prefill and decode alike.
     *
     * @throws EngineError no tokens, a token outside the vocabulary, or more than the context holds; the cache is unchanged.
     */
    public fun forward(tokens: IntArray): Step

    /**
     * Keep the first [position] tokens of the cache.
     *
     * @throws EngineError position is negative or beyond the cache.
     */
    public fun truncate(position: Int)

    /**
     * What the bundle's router head says: the log-probability, ≤ 0 nats, that the device's answer is right.
     *
     * @param stage before or after the answer.
     * @param features F numbers, see [dev.upcall.core.decision.AnswerFeatures]; finite.
     * @throws EngineError there is no such head, or it takes another number of features.
     */
    public fun route(stage: RouterStage, features: FloatArray): Double

    /** Free the model. Closing twice is allowed; any other call after it throws [EngineError]. */
    override fun close()
}

/**
 * What every engine refuses before its cache is touched.
 *
 * @throws EngineError no tokens, a token outside the vocabulary, or more than the context holds.
 */
public fun checkTokens(tokens: IntArray, position: Int, contextLength: Int, vocabularySize: Int) {
    if (tokens.isEmpty()) throw EngineError("No tokens were given.", allowed = "one or more")
    if (tokens.any { it !in 0..<vocabularySize }) {
        throw EngineError("A token id is outside the vocabulary.", allowed = "0 to ${vocabularySize - 1}")
    }
    if (tokens.size > contextLength - position) {
        throw EngineError(
            "${position + tokens.size} tokens do not fit.",
            allowed = "$contextLength, the context length",
        )
    }
}

/**
 * What every engine refuses before a router head is asked.
 *
 * @param count features of the head; null where the bundle has none.
 * @throws EngineError there is no head, it takes another number of features, or one is not finite.
 */
public fun checkFeatures(features: FloatArray, count: Int?, stage: RouterStage) {
    if (count == null) {
        throw EngineError("The bundle has no router head ${stage.method}.", nextStep = "export the model again")
    }
    if (features.size != count) {
        throw EngineError("${features.size} features were given to ${stage.method}.", allowed = "$count")
    }
    if (!features.all { it.isFinite() }) {
        throw EngineError("A feature given to ${stage.method} is not a finite number.")
    }
}

/**
 * Whether a cache of [position] tokens can be cut back to [wanted].
 *
 * @throws EngineError it is negative or beyond the cache.
 */
public fun checkPosition(wanted: Int, position: Int) {
    if (wanted !in 0..position) throw EngineError("Cannot truncate to $wanted tokens.", allowed = "0 to $position")
}
