package dev.upcall.app.settings

import dev.upcall.core.decision.Strategy
import dev.upcall.core.redaction.Policy

/** Calls a day that are allowed until the user says otherwise. */
const val DEFAULT_CALLS_PER_DAY: Int = 50

/** Most tokens of an answer that may be set. */
const val MOST_OUTPUT_TOKENS: Int = 4096

/**
 * What the user chose. The key of the service is not among it: [ApiKeyStore] has it.
 *
 * @property cloudTarget `HOST:PORT` of the service to call; empty calls nobody.
 * @property useTls encrypt the calls; anything but loopback must.
 * @property strategy where a question may be answered.
 * @property threshold in place of the model's own: call when the score is below it, nats ≤ 0.
 * @property qualityLevel 0 to 1: 0 answers on the device, 1 calls, ½ is as calibrated.
 * @property policy what happens to each kind of private text.
 * @property ownTerms the user's own words, always private. Left out of [toString].
 * @property mostCallsPerDay null sets no limit.
 * @property mostOutputTokens of an answer.
 * @property showsBeforeSending ask the user before anything leaves.
 * @property activeBundle name of the model that answers; null where none was chosen.
 * @property wereLost the settings could not be read and were set anew: until the user has seen it, nothing leaves the device.
 */
data class Settings(
    val cloudTarget: String = "",
    val useTls: Boolean = true,
    val strategy: Strategy = Strategy.CASCADE,
    val threshold: Double? = null,
    val qualityLevel: Double = 0.5,
    val policy: Policy = Policy(),
    val ownTerms: List<String> = emptyList(),
    val mostCallsPerDay: Int? = DEFAULT_CALLS_PER_DAY,
    val mostOutputTokens: Int = 256,
    val showsBeforeSending: Boolean = true,
    val activeBundle: String? = null,
    val wereLost: Boolean = false,
) {
    override fun toString(): String =
        "Settings(cloudTarget=$cloudTarget, useTls=$useTls, strategy=$strategy, activeBundle=$activeBundle)"
}
