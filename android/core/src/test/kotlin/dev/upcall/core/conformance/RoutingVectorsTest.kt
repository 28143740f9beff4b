package dev.upcall.core.conformance

import dev.upcall.core.decision.tiers.ClosedLoop
import dev.upcall.core.decision.tiers.DiscreteNoise
import dev.upcall.core.decision.tiers.GaussianNoise
import dev.upcall.core.decision.tiers.Option
import dev.upcall.core.decision.tiers.Privacy
import dev.upcall.core.decision.tiers.Supermodels
import dev.upcall.core.decision.tiers.Way
import dev.upcall.core.decision.tiers.chooseOption
import dev.upcall.core.decision.tiers.expectedMax
import dev.upcall.core.decision.tiers.expectedMaxOfTwo
import dev.upcall.core.decision.tiers.fitMixture
import dev.upcall.core.decision.tiers.posterior
import dev.upcall.core.decision.tiers.revealing
import dev.upcall.core.redaction.Action
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.TestFactory
import kotlin.math.abs
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class RoutingVectorsTest {
    private val suite = suite("routing")
    private val tolerance = suite.double("tolerance")

    @TestFactory
    fun `the greatest of two`(): List<DynamicTest> = suite.checked("expected_max_of_two") {
        mapOf("value" to expectedMaxOfTwo(it.double("mean"), it.double("other"), it.double("deviation")))
    }

    @TestFactory
    fun `the greatest of some`(): List<DynamicTest> = suite.checked("expected_max") {
        mapOf("value" to expectedMax(it.doubles("means"), it.matrix("covariance")))
    }

    @TestFactory
    fun `once one is known`(): List<DynamicTest> = suite.checked("posterior") {
        val after = posterior(it.doubles("means"), it.matrix("covariance"), it.int("tier"), it.double("value"))
        mapOf("means" to after.means.toList(), "covariance" to after.covariance.map { row -> row.toList() })
    }

    @TestFactory
    fun `open loop`(): List<DynamicTest> = listOf(true, false).flatMap { isPruned ->
        suite.checked("open_loop") {
            val order = it.given("order")?.jsonArray?.ints()?.toList()
            val rule = Supermodels(it.matrix("covariance"), it.asked(), order)
            val chosen = rule.choose(it.doubles("means"), it.doubles("prices"), isPruned)
            mapOf("tiers" to chosen.tiers.sorted(), "next_tier" to chosen.nextTier, "value" to chosen.value)
        }
    }

    @TestFactory
    fun `closed loop`(): List<DynamicTest> = suite.checked("closed_loop") {
        val noise =
            it.given("noise")?.jsonObject?.let { one ->
                DiscreteNoise(one.doubles("points"), one.doubles("weights"))
            }
        val means = it.doubles("means")
        val rule = ClosedLoop(revealing(it.matrix("covariance")), means.size, it.asked(), noise ?: GaussianNoise())
        val chosen = rule.choose(means, it.doubles("prices"))
        mapOf("next_tier" to chosen.nextTier, "value" to chosen.value, "values" to chosen.values)
    }

    @TestFactory
    fun mixture(): List<DynamicTest> = suite.checked("mixture") {
        val rows = it.matrix("qualities").toList()
        val costs = it.doubles("costs")
        val mixture = fitMixture(rows, costs, it.double("budget"))
        val choices = listOf(0.0, 0.5, 0.999).map { draw -> rows.map { row -> mixture.choose(row, costs, draw) } }
        mapOf("price" to mixture.price, "dear_share" to mixture.dearShare, "choices" to choices)
    }

    @TestFactory
    fun `multi objective`(): List<DynamicTest> = suite.checked("multi_objective") {
        val privacy = it.getValue("privacy").jsonObject
        val options =
            it.list("options").map { one ->
                val option = one.jsonObject
                val way = Way.entries.single { way -> way.value == option.text("way") }
                Option(
                    way,
                    option.int("tier"),
                    option.double("quality"),
                    option.double("cost"),
                    option.number("leak") ?: 0.0,
                )
            }
        val chosen =
            chooseOption(
                options,
                Privacy(
                    isPrivate = privacy.flag("is_private") == true,
                    policy = Action.entries.single { action -> action.value == (privacy.text("policy") ?: "mask") },
                    detectorFailed = privacy.flag("detector_failed") == true,
                ),
                it.double("cost_price"),
                it.double("leak_price"),
            )
        mapOf("way" to chosen.way.value, "tier" to chosen.tier)
    }

    @Test
    fun `every way to choose is there`() {
        val expected = { list: String -> suite.list(list).mapNotNull { it.jsonObject["expect"]?.jsonObject } }
        val steps = (expected("open_loop") + expected("closed_loop")).map { it.getValue("next_tier").toString() }
        assertTrue(steps.containsAll(listOf("null", "0", "1", "2")))
        assertEquals(Way.entries.map { it.value }.toSet(), expected("multi_objective").map { it.text("way") }.toSet())
    }

    /** Numbers with a fraction within the tolerance, all else exactly, errors as errors. */
    private fun JsonObject.checked(list: String, compute: (JsonObject) -> Map<String, Any?>): List<DynamicTest> =
        cases(list) { case ->
            val error = case.text("error")
            if (error != null) return@cases refused(error) { compute(case) }
            val expect = case.getValue("expect") as? JsonObject ?: JsonObject(mapOf("value" to case.getValue("expect")))
            val found = compute(case)
            assertEquals(expect.keys, found.keys)
            for ((name, value) in found) compare(expect.getValue(name), value, name)
        }

    private fun compare(expect: JsonElement, found: Any?, name: String) {
        when (found) {
            is List<*> -> {
                assertEquals((expect as JsonArray).size, found.size, name)
                expect.zip(found).forEach { (own, other) -> compare(own, other, name) }
            }
            is Double -> {
                val wanted = expect.jsonPrimitive.content.toDouble()
                assertTrue(abs(wanted - found) <= tolerance, "$name: $found in place of $wanted")
            }
            null -> assertEquals(JsonNull, expect, name)
            else -> assertEquals((expect as JsonPrimitive).content, found.toString(), name)
        }
    }
}

private fun JsonObject.double(key: String): Double = number(key)!!

private fun JsonObject.int(key: String): Int = getValue(key).jsonPrimitive.content.toInt()

private fun JsonObject.doubles(key: String): DoubleArray = list(key).doubles()

private fun JsonObject.matrix(key: String): Array<DoubleArray> = list(key).map { it.jsonArray.doubles() }.toTypedArray()

private fun JsonObject.asked(): Set<Int> = given("asked")?.jsonArray?.ints()?.toSet().orEmpty()
