package dev.upcall.core.conformance

import dev.upcall.core.decision.Bucket
import dev.upcall.core.decision.BudgetState
import dev.upcall.core.decision.CallPrices
import dev.upcall.core.decision.Circumstances
import dev.upcall.core.decision.DeviceState
import dev.upcall.core.decision.Network
import dev.upcall.core.decision.Prices
import dev.upcall.core.decision.Strategy
import dev.upcall.core.decision.Thermal
import dev.upcall.core.decision.decide
import dev.upcall.core.decision.needsDraft
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.TestFactory
import kotlin.test.assertEquals

class DecisionVectorsTest {
    private val suite = suite("decision")

    @TestFactory
    fun `where a question is answered`() = suite.cases("decide") { case ->
        val expect = case.getValue("expect").jsonObject
        val error = expect.text("error")
        if (error != null) {
            refused(error) { decide(circumstances(case.getValue("given").jsonObject)) }
            return@cases
        }
        val given = case.getValue("given").jsonObject
        val decision = decide(circumstances(given))
        assertEquals(expect.text("place"), decision.place.value)
        assertEquals(expect.text("reason"), decision.reason.value)
        assertEquals(given.number("score"), decision.score)
        val threshold = expect.number("threshold")
        if (threshold == null) {
            assertEquals(given.number("threshold"), decision.threshold)
        } else {
            assertEquals(threshold, decision.threshold!!, 1e-8)
        }
    }

    @TestFactory
    fun `whether the device must answer first`() = suite.cases("needs_draft") { case ->
        assertEquals(case.flag("expect"), needsDraft(circumstances(case.getValue("given").jsonObject)))
    }

    @TestFactory
    fun `what shifts the threshold`() = suite.cases("adjustments") { case ->
        val found = circumstances(case.getValue("given").jsonObject).adjustments
        val expected = case.list("expect").map { it.jsonArray }
        assertEquals(expected.map { it[0].jsonPrimitive.content }, found.map { it.weight.value })
        for ((one, other) in expected zip found) {
            assertEquals(one[1].jsonPrimitive.content.toDouble(), other.change, 1e-9)
        }
    }

    @TestFactory
    fun `how long the device should answer`() = suite.cases("answer_limit") { case ->
        assertEquals(case.number("expect")?.toInt(), device(case.getValue("device").jsonObject).answerLimitTokens)
    }

    @TestFactory
    fun `what is left of a budget`() = suite.cases("budget") { case ->
        val given = case.getValue("bucket").jsonObject
        var bucket = Bucket(given.number("per_day")!!, given.number("left")!!, given.number("updated_at_s")!!)
        for (step in case.list("steps").map { it.jsonObject }) {
            bucket = bucket.taken(step.number("take")!!, nowS = step.number("now_s")!!)
            assertEquals(step.number("left")!!, bucket.left, 1e-9)
        }
    }

    @TestFactory
    fun `what a call costs`() = suite.cases("cost") { case ->
        val given = case.getValue("prices").jsonObject
        val prices =
            CallPrices(
                perCall = given.number("per_call") ?: 0.0,
                perMillionInputTokens = given.number("per_million_input_tokens") ?: 0.0,
                perMillionOutputTokens = given.number("per_million_output_tokens") ?: 0.0,
            )
        val cost = prices.cost(case.number("input_tokens")!!.toInt(), case.number("output_tokens")!!.toInt())
        assertEquals(case.number("expect")!!, cost, 1e-12)
    }

    private fun circumstances(given: JsonObject): Circumstances {
        val budget = given["budget"]?.jsonObject
        val prices = given["prices"]?.jsonObject
        val usual = Prices()
        return Circumstances(
            strategy = Strategy.of(given.text("strategy") ?: "cascade"),
            hasCloud = given.flag("has_cloud") ?: true,
            isBlocked = given.flag("is_blocked") ?: false,
            detectorFailed = given.flag("detector_failed") ?: false,
            isDeclined = given.flag("is_declined") ?: false,
            score = given.number("score"),
            threshold = given.number("threshold"),
            localFailed = given.flag("local_failed") ?: false,
            cloudFailed = given.flag("cloud_failed") ?: false,
            qualityLevel = given.number("quality_level"),
            device = device(given["device"]?.jsonObject ?: JsonObject(emptyMap())),
            budget =
                BudgetState(
                    callsLeft = budget?.number("calls_left"),
                    moneyLeft = budget?.number("money_left"),
                    callCost = budget?.number("call_cost") ?: 0.0,
                ),
            prices =
                Prices(
                    call = prices?.number("call") ?: usual.call,
                    metered = prices?.number("metered") ?: usual.metered,
                    lowBattery = prices?.number("low_battery") ?: usual.lowBattery,
                    heat = prices?.number("heat") ?: usual.heat,
                ),
        )
    }
}

/** The device's state as vectors write it. */
internal fun device(given: JsonObject): DeviceState = DeviceState(
    batteryPercent = given.number("battery_percent"),
    isCharging = given.flag("is_charging"),
    thermal = given.text("thermal")?.let(Thermal::of),
    network = given.text("network")?.let(Network::of),
    freeMemoryBytes = given.number("free_memory_bytes")?.toLong(),
)
