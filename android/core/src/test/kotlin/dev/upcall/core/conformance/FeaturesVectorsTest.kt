package dev.upcall.core.conformance

import dev.upcall.core.decision.AnswerFeatures
import dev.upcall.core.decision.STATISTICS
import dev.upcall.core.decision.featureCount
import dev.upcall.core.decision.preFeatures
import dev.upcall.core.decision.tokenStatistics
import dev.upcall.core.languagemodel.RouterStage
import dev.upcall.core.languagemodel.Step
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import kotlin.test.assertEquals

class FeaturesVectorsTest {
    private val suite = suite("features")
    private val tolerance = suite.number("tolerance")!!

    @Test
    fun `statistics have the names and the order of the vectors`() {
        val expected = suite.getValue("statistics").jsonObject
        assertEquals(
            expected.keys.associateWith { expected.list(it).texts() },
            STATISTICS.entries.associate { (stage, names) -> stage.value to names.map { it.value } },
        )
    }

    @TestFactory
    fun `the statistics of a token are those of the vectors`() = suite.cases("token") { case ->
        val found = tokenStatistics(case.list("logits").floats(), case.text("token")!!.toInt())
        val expected = case.getValue("expect").jsonObject
        assertEquals(setOf("log_prob", "entropy", "margin"), expected.keys)
        assertEquals(expected.number("log_prob")!!, found.logProb, tolerance)
        assertEquals(expected.number("entropy")!!, found.entropy, tolerance)
        assertEquals(expected.number("margin")!!, found.margin, tolerance)
    }

    @TestFactory
    fun `the features of a prompt are those of the vectors`() = suite.cases("pre") { case ->
        val step = case.getValue("step").jsonObject
        val found = preFeatures(step.step(), case.text("input_tokens")!!.toInt())
        assertClose(case.list("expect").doubles(), found, featureCount(RouterStage.PRE, HIDDEN_SIZE))
    }

    @TestFactory
    fun `the features of an answer are those of the vectors`() = suite.cases("post") { case ->
        val answer = AnswerFeatures()
        for (given in case.list("steps").map { it.jsonObject }) answer.add(given.step(), given.text("token")!!.toInt())
        val found = answer.post(case.flag("is_complete")!!)
        assertClose(case.list("expect").doubles(), found, featureCount(RouterStage.POST, HIDDEN_SIZE))
    }

    private fun JsonObject.step() = Step(
        listOf(list("logits").floats()),
        hiddenLast = list("hidden_last").floats(),
        hiddenMid = list("hidden_mid").floats(),
    )

    private fun assertClose(expected: DoubleArray, found: FloatArray, count: Int) {
        assertEquals(count, found.size)
        assertEquals(count, expected.size)
        for (index in expected.indices) {
            assertEquals(
                expected[index],
                found[index].toDouble(),
                tolerance,
                "feature $index",
            )
        }
    }

    private companion object {
        const val HIDDEN_SIZE = 2
    }
}
