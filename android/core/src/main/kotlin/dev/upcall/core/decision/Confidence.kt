package dev.upcall.core.decision

import dev.upcall.core.InputError
import dev.upcall.core.languagemodel.RouterStage

/**
 * How sure the device is of its own answer: a log-probability, of the tokens it chose or by the bundle's router head.
 *
 * Terms as in `upcall.protocol.v1.Signal`.
 *
 * @property stage when the router head that gives it is asked; null for a signal of the tokens' own.
 */
public enum class Signal(public val stage: RouterStage? = null) {
    MEAN_LOG_PROB,
    MIN_LOG_PROB,
    ROUTER_POST(RouterStage.POST),
    ROUTER_PRE(RouterStage.PRE),
    ;

    /** The word of the vectors. */
    public val value: String get() = name.lowercase()
}

/**
 * Call the cloud when the signal is below the value. Calibrated for one model in one quantisation.
 *
 * @property value ≤ 0 nats.
 */
public data class Threshold(public val signal: Signal, public val value: Double)

/**
 * The signal's value, ≤ 0 nats.
 *
 * @param signal one of the tokens' own; the others are what [dev.upcall.core.languagemodel.Engine.route] gives.
 * @param logProbs of each chosen token under the model's own distribution (before temperature), the closing stop token
 *   included: whether the model believes that it is done is part of how sure it is.
 * @throws InputError there are no tokens.
 * @throws IllegalArgumentException the signal is not the tokens' own.
 */
public fun score(signal: Signal, logProbs: List<Double>): Double {
    if (logProbs.isEmpty()) throw InputError("An answer without tokens has no score.")
    return when (signal) {
        Signal.MIN_LOG_PROB -> logProbs.min()
        Signal.MEAN_LOG_PROB -> logProbs.sum() / logProbs.size
        else -> throw IllegalArgumentException("$signal is no signal of tokens")
    }
}
