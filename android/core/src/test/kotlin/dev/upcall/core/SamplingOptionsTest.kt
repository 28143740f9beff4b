package dev.upcall.core

import org.junit.jupiter.api.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

class SamplingOptionsTest {
    @Test
    fun `both ends of every range are taken`() {
        SamplingOptions(temperature = 2.0, topP = 1e-6, topK = 1_000_000, minP = 1.0, repetitionPenalty = 1e-6)
        SamplingOptions(
            temperature = 0.0,
            topP = 1.0,
            topK = 0,
            minP = 0.0,
            repetitionPenalty = 2.0,
            seed = ULong.MAX_VALUE,
        )
    }

    @Test
    fun `a value outside its range is named with what is allowed`() {
        val wrong =
            listOf(
                { SamplingOptions(temperature = -0.1) } to "temperature",
                { SamplingOptions(temperature = 2.1) } to "temperature",
                { SamplingOptions(temperature = Double.NaN) } to "temperature",
                { SamplingOptions(topP = 0.0) } to "topP",
                { SamplingOptions(topP = 1.1) } to "topP",
                { SamplingOptions(topK = -1) } to "topK",
                { SamplingOptions(topK = 1_000_001) } to "topK",
                { SamplingOptions(minP = 1.5) } to "minP",
                { SamplingOptions(repetitionPenalty = 0.0) } to "repetitionPenalty",
                { SamplingOptions(repetitionPenalty = Double.POSITIVE_INFINITY) } to "repetitionPenalty",
            )
        for ((make, name) in wrong) {
            val error = assertFailsWith<InputError> { make() }
            assertEquals(name, error.problem.removePrefix("The sampling option ").substringBefore(' '))
            assert(error.allowed.isNotEmpty())
        }
    }
}
