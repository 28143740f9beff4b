package dev.upcall.bench

import dev.upcall.core.decision.Circumstances
import dev.upcall.core.decision.DeviceState
import dev.upcall.core.decision.Network
import dev.upcall.core.decision.Strategy
import dev.upcall.core.decision.Thermal
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.booleanOrNull
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.doubleOrNull
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.longOrNull

/** A text of a request. */
internal fun JsonObject.text(key: String): String = getValue(key).jsonPrimitive.content

/** The circumstances that a request describes; null is what nobody can tell. */
internal fun circumstances(given: JsonObject): Circumstances {
    fun value(key: String) = given.getValue(key).jsonPrimitive
    return Circumstances(
        strategy = Strategy.of(given.text("strategy")),
        hasCloud = true,
        score = value("score").doubleOrNull,
        threshold = value("threshold").doubleOrNull,
        qualityLevel = value("quality_level").doubleOrNull,
        device =
            DeviceState(
                batteryPercent = value("battery_percent").doubleOrNull,
                isCharging = value("is_charging").booleanOrNull,
                thermal = value("thermal").contentOrNull?.let(Thermal::of),
                network = value("network").contentOrNull?.let(Network::of),
                freeMemoryBytes = value("free_memory_bytes").longOrNull,
            ),
    )
}
