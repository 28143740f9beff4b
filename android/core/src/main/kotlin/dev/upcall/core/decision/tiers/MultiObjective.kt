package dev.upcall.core.decision.tiers

import dev.upcall.core.InputError
import dev.upcall.core.redaction.Action

/** Which tier answers, and how the prompt gets there. */
public enum class Way {
    /** The device answers. */
    LOCAL,

    /** The prompt leaves with its private words masked. */
    MASK_SEND,

    /** The prompt leaves as it is. */
    SEND,
    ;

    /** The word of the vectors. */
    public val value: String get() = name.lowercase()
}

/**
 * One way to one tier.
 *
 * @property way how.
 * @property tier whose answer; 0, the device, for [Way.LOCAL] and for nothing else.
 * @property quality expected, of the answer.
 * @property cost ≥ 0.
 * @property leak private tokens expected to leave, ≥ 0; 0 for [Way.LOCAL].
 * @throws InputError a number is out of range.
 */
public data class Option(
    public val way: Way,
    public val tier: Int,
    public val quality: Double,
    public val cost: Double,
    public val leak: Double = 0.0,
) {
    init {
        if ((way == Way.LOCAL) != (tier == 0)) {
            throw InputError("Tier $tier is reached by '${way.value}'.", allowed = "0 by 'local', others by the rest")
        }
        if (!(cost >= 0 && leak >= 0 && quality.isFinite())) {
            throw InputError(
                "An option has quality $quality, cost $cost and leak $leak.",
                allowed = "a finite quality, cost and leak 0 or more",
            )
        }
        if (way == Way.LOCAL && leak > 0) throw InputError("The device leaks $leak.", allowed = "0: nothing leaves it")
    }
}

/**
 * What is known of a prompt's private words.
 *
 * @property isPrivate the detector found some.
 * @property policy for what it found.
 * @property detectorFailed it is not known.
 */
public data class Privacy(
    public val isPrivate: Boolean,
    public val policy: Action = Action.MASK,
    public val detectorFailed: Boolean = false,
)

/**
 * The hard rule, which no price outweighs.
 *
 * A detector that failed keeps the prompt on the device (fail closed), and so does a finding that is blocked. A finding
 * that is masked does not leave as it is.
 */
public fun allowedWays(privacy: Privacy): Set<Way> = when {
    privacy.detectorFailed || (privacy.isPrivate && privacy.policy == Action.BLOCK) -> setOf(Way.LOCAL)
    privacy.isPrivate && privacy.policy == Action.MASK -> setOf(Way.LOCAL, Way.MASK_SEND)
    else -> Way.entries.toSet()
}

/**
 * The allowed option of greatest quality − λ_c cost − λ_p leak; of equal ones the least leak, then the least cost.
 *
 * Source: the actions and the state of Zhang et al. 2024 (2410.08014, P3Defer). Departure: a rule in place of a policy
 * learnt by reinforcement, so that leakage cannot rise with λ_p, nor cost with λ_c, and what is blocked never leaves.
 * Vectors: proto/vectors/routing.json
 *
 * @param options one of them [Way.LOCAL].
 * @param privacy for the hard rule, which comes first.
 * @param costPrice λ_c ≥ 0, quality given for a unit of cost.
 * @param leakPrice λ_p ≥ 0, quality given for a private token kept.
 * @throws InputError no option is [Way.LOCAL], or a price is negative.
 */
public fun chooseOption(options: List<Option>, privacy: Privacy, costPrice: Double, leakPrice: Double): Option {
    if (!(costPrice >= 0) || !(leakPrice >= 0)) {
        throw InputError("The prices are $costPrice and $leakPrice.", allowed = "0 or more")
    }
    if (options.none { it.way == Way.LOCAL }) {
        throw InputError("No option stays on the device.", allowed = "one 'local' among them")
    }
    val ways = allowedWays(privacy)
    val allowed = options.filter { it.way in ways }
    return bestPlaces(allowed.map { it.quality - costPrice * it.cost - leakPrice * it.leak })
        .map { allowed[it] }
        .minWith(compareBy({ it.leak }, { it.cost }))
}
