package dev.upcall.core

/**
 * Knobs of sampling. The defaults are greedy.
 *
 * @property temperature 0 is greedy; 0 to 2.
 * @property topP keep the likeliest tokens whose probabilities sum to it; above 0 ([TOP_P]), to 1.
 * @property topK keep that many of the likeliest; 0 keeps all.
 * @property minP drop tokens less likely than this share of the likeliest one; 0 to 1.
 * @property repetitionPenalty divide positive logits of seen tokens by it, multiply negative ones (CTRL, Keskar et al. 2019,
 *   1909.05858); 1 changes nothing; above 0 ([REPETITION_PENALTY]), to 2.
 * @property seed of the draws; any.
 * @throws InputError a value outside its range.
 */
public data class SamplingOptions(
    public val temperature: Double = 0.0,
    public val topP: Double = 1.0,
    public val topK: Int = 0,
    public val minP: Double = 0.0,
    public val repetitionPenalty: Double = 1.0,
    public val seed: ULong = 0uL,
) {
    init {
        check("temperature", temperature, TEMPERATURE)
        check("topP", topP, TOP_P)
        if (topK !in TOP_K) {
            throw InputError("The sampling option topK is $topK.", allowed = "${TOP_K.first} to ${TOP_K.last}")
        }
        check("minP", minP, MIN_P)
        check("repetitionPenalty", repetitionPenalty, REPETITION_PENALTY)
    }

    /** What each option may be, both ends included; the device and the cloud service hold to the same. */
    public companion object {
        public val TEMPERATURE: ClosedFloatingPointRange<Double> = 0.0..2.0
        public val TOP_P: ClosedFloatingPointRange<Double> = 1e-6..1.0
        public val TOP_K: IntRange = 0..1_000_000
        public val MIN_P: ClosedFloatingPointRange<Double> = 0.0..1.0
        public val REPETITION_PENALTY: ClosedFloatingPointRange<Double> = 1e-6..2.0
    }
}

private fun check(name: String, value: Double, range: ClosedFloatingPointRange<Double>) {
    if (value !in range) { // nor is NaN
        throw InputError(
            "The sampling option $name is $value.",
            allowed = "${range.start} to ${range.endInclusive}",
        )
    }
}
