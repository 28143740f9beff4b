package dev.upcall.core.conformance

import dev.upcall.core.InputError
import dev.upcall.core.SamplingOptions
import dev.upcall.core.languagemodel.Sampler
import dev.upcall.core.languagemodel.SplitMix64
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.TestFactory
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals

class SamplingVectorsTest {
    private val suite = suite("sampling")

    @TestFactory
    fun `SplitMix64 gives the numbers of the vectors`() = suite.cases("splitmix64") { case ->
        val generator = SplitMix64(case.text("seed")!!.toULong())
        for (raw in case.list("raw_hex").texts()) {
            assertEquals((raw.toULong(16) shr 11).toDouble() / (1L shl 53), generator.uniform())
        }
    }

    @TestFactory
    fun `tokens are chosen as in the vectors`() = suite.cases("choose") { case ->
        val sampler = Sampler(case.options())
        val logits = case.list("logits").floats()
        val seen = case.list("seen").ints()
        val expected = case.list("expect").ints()
        assertContentEquals(expected, IntArray(expected.size) { sampler.choose(logits, seen) })
        assertContentEquals(case.list("logits").floats(), logits, "the engine's array was written to")
    }

    @TestFactory
    fun `options of the vectors are refused`() = suite.cases("refuse") { case ->
        refused(case.text("error")!!) { case.options() }
    }

    private fun JsonObject.options(): SamplingOptions {
        val given = getValue("options").jsonObject
        val known = setOf("temperature", "top_p", "top_k", "min_p", "repetition_penalty", "seed")
        assertEquals(emptySet(), given.keys - known)
        return SamplingOptions(
            temperature = given.number("temperature") ?: 0.0,
            topP = given.number("top_p") ?: 1.0,
            topK = given.text("top_k")?.toInt() ?: 0,
            minP = given.number("min_p") ?: 0.0,
            repetitionPenalty = given.number("repetition_penalty") ?: 1.0,
            // a type that holds no negative number refuses it before there are options
            seed = given.text("seed")?.let { it.toULongOrNull() ?: throw InputError("The seed is $it.") } ?: 0uL,
        )
    }
}
