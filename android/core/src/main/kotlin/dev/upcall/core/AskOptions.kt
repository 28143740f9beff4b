package dev.upcall.core

import dev.upcall.core.decision.Strategy
import dev.upcall.core.decision.checkQualityLevel

/**
 * What one question may take.
 *
 * @property strategy where it may be answered.
 * @property sampling how to choose tokens, on the device and in the cloud.
 * @property maxOutputTokens most tokens of the answer, ≥ 1.
 * @property cloudTimeoutMs for the cloud's whole answer, ≥ 1.
 * @property threshold in place of the bundle's: call when the signal is below it, nats.
 * @property qualityLevel 0 to 1: 0 answers on the device, 1 calls, ½ and null are as calibrated, and between them the threshold
 *   moves. The hard rules stand.
 * @throws InputError a value outside its range.
 */
public data class AskOptions(
    public val strategy: Strategy = Strategy.CASCADE,
    public val sampling: SamplingOptions = SamplingOptions(),
    public val maxOutputTokens: Int = 256,
    public val cloudTimeoutMs: Int = 60_000,
    public val threshold: Double? = null,
    public val qualityLevel: Double? = null,
) {
    init {
        checkQualityLevel(qualityLevel)
        if (threshold != null && threshold.isNaN()) {
            throw InputError("The option threshold is not a number.", allowed = "a score in nats, such as -0.5")
        }
        checkCount("maxOutputTokens", maxOutputTokens)
        checkCount("cloudTimeoutMs", cloudTimeoutMs)
    }

    private fun checkCount(name: String, value: Int) {
        if (value < 1) throw InputError("The option $name is $value.", allowed = "1 to ${Int.MAX_VALUE}")
    }
}
