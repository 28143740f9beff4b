package dev.upcall.bench

import dev.upcall.core.openBundle
import dev.upcall.core.decision.Circumstances
import dev.upcall.core.decision.DeviceState
import dev.upcall.core.decision.Network
import dev.upcall.core.decision.Strategy
import dev.upcall.core.decision.decide
import dev.upcall.core.languagemodel.Engine
import dev.upcall.core.languagemodel.Piece
import dev.upcall.core.languagemodel.Tokenizer
import dev.upcall.core.redaction.Detector
import dev.upcall.engine.onnx.openEngine
import dev.upcall.engine.onnx.openNames
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive
import java.nio.file.Files
import java.nio.file.Path

private const val DECISIONS = 100_000

/** What is measured: one bundle, the detector with and without names, and the decision. */
internal class Runtime private constructor(
    private val engine: Engine,
    private val tokenizer: Tokenizer,
    private val rules: Detector,
    private val names: Detector,
    private val texts: List<String>,
) {
    /** The figures of one run of a case. */
    fun measure(request: JsonObject): Map<String, Double> = when (val case = request.getValue("case").jsonPrimitive.content) {
        "prefill" -> mapOf("tokens_per_s" to prefill(request.tokens()))
        "decode" -> mapOf("tokens_per_s" to decode(request.tokens(), request.getValue("new_tokens").jsonPrimitive.int))
        "tokenize" -> perSecond { tokenizer.encode(listOf(Piece(it, isTemplate = false))) }
        "rules" -> perSecond { rules.find(it) }
        "names" -> milliseconds(names)
        "decide" -> mapOf("us" to decision())
        else -> throw IllegalArgumentException("no case $case")
    }

    private fun prefill(tokens: IntArray): Double {
        engine.truncate(0)
        val seconds = seconds { engine.forward(tokens) }
        return tokens.size / seconds
    }

    private fun decode(tokens: IntArray, count: Int): Double {
        engine.truncate(0)
        var next = greedy(engine.forward(tokens).logits)
        return count / seconds { repeat(count) { next = greedy(engine.forward(intArrayOf(next)).logits) } }
    }

    private fun greedy(logits: FloatArray): Int = logits.indices.maxBy { logits[it] }

    private fun perSecond(work: (String) -> Unit): Map<String, Double> {
        val characters = texts.sumOf { it.codePointCount(0, it.length) }
        return mapOf("characters_per_s" to characters / seconds { texts.forEach(work) })
    }

    /** Median time of one text. */
    private fun milliseconds(detector: Detector): Map<String, Double> {
        val each = texts.map { seconds { detector.find(it) } * 1e3 }.sorted()
        return mapOf("ms" to each[each.size / 2])
    }

    private fun decision(): Double {
        val given = Circumstances(
            Strategy.CASCADE,
            hasCloud = true,
            threshold = -0.8,
            qualityLevel = 0.7,
            device = DeviceState(batteryPercent = 15.0, network = Network.METERED),
        )
        var kept = 0
        val seconds = seconds {
            repeat(DECISIONS) { kept += decide(given.copy(score = -it / 1e5)).reason.ordinal }
        }
        check(kept > 0)
        return seconds * 1e6 / DECISIONS
    }

    companion object {
        /** The bundle, the name model and the texts that the settings name. */
        fun open(settings: JsonObject): Runtime {
            fun path(name: String): Path = Path.of(settings.getValue(name).jsonPrimitive.content)
            val bundle = openBundle(path("bundle"))
            val texts = Json.parseToJsonElement(Files.readString(path("texts"))).jsonArray
            return Runtime(
                engine = openEngine(bundle, threads = settings.getValue("threads").jsonPrimitive.int),
                tokenizer = Tokenizer.open(bundle.tokenizer),
                rules = Detector(),
                names = Detector(names = openNames(path("names"))),
                texts = texts.map { it.jsonPrimitive.content },
            )
        }
    }
}

private inline fun seconds(work: () -> Unit): Double {
    val start = System.nanoTime()
    work()
    return (System.nanoTime() - start) / 1e9
}
