package dev.upcall.bench

import ai.onnxruntime.OrtEnvironment
import dev.upcall.core.decision.Circumstances
import dev.upcall.core.decision.DeviceState
import dev.upcall.core.decision.Network
import dev.upcall.core.decision.Strategy
import dev.upcall.core.decision.decide
import dev.upcall.core.languagemodel.Engine
import dev.upcall.core.languagemodel.EngineMeter
import dev.upcall.core.languagemodel.Piece
import dev.upcall.core.languagemodel.Tokenizer
import dev.upcall.core.openBundle
import dev.upcall.core.redaction.Detector
import dev.upcall.engine.onnx.openEngine
import dev.upcall.engine.onnx.openNames
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive
import java.nio.file.Path

private const val DECISIONS = 100_000

/** What is measured: one bundle, the detector with and without names, and the decision. */
internal class Runtime private constructor(
    engine: Engine,
    private val tokenizer: Tokenizer,
    private val rules: Detector,
    private val names: Detector,
    private val texts: List<String>,
) : Subject {
    private val meter = EngineMeter(engine)

    /** The figures of one run of a case. */
    override fun answer(request: JsonObject): JsonObject = when (val case = request.text("case")) {
        "prefill" -> figure("tokens_per_s", prefill(request.tokens()))
        "decode" -> figure("tokens_per_s", decode(request.tokens(), request.getValue("new_tokens").jsonPrimitive.int))
        "tokenize" -> perSecond { tokenizer.encode(listOf(Piece(it, isTemplate = false))) }
        "rules" -> perSecond { rules.find(it) }
        "names" -> figure("ms", milliseconds(names))
        "decide" -> figure("us", decision())
        "version" -> version()
        else -> throw IllegalArgumentException("no case $case")
    }

    private fun prefill(tokens: IntArray): Double = tokens.size / meter.prefill(tokens)

    private fun decode(tokens: IntArray, count: Int): Double {
        meter.prefill(tokens)
        return count / meter.decode(count)
    }

    private fun perSecond(work: (String) -> Unit): JsonObject {
        val characters = texts.sumOf { it.codePointCount(0, it.length) }
        return figure("characters_per_s", characters / seconds { texts.forEach(work) })
    }

    /** Median time of one text. */
    private fun milliseconds(detector: Detector): Double {
        val each = texts.map { seconds { detector.find(it) } * 1e3 }.sorted()
        return each[each.size / 2]
    }

    private fun decision(): Double {
        val given =
            Circumstances(
                Strategy.CASCADE,
                hasCloud = true,
                threshold = -0.8,
                qualityLevel = 0.7,
                device = DeviceState(batteryPercent = 15.0, network = Network.METERED),
            )
        var kept = 0
        val seconds =
            seconds {
                repeat(DECISIONS) { kept += decide(given.copy(score = -it / 1e5)).reason.ordinal }
            }
        check(kept > 0)
        return seconds * 1e6 / DECISIONS
    }

    companion object {
        /** The bundle, the name model and the texts that the settings name. */
        fun open(settings: JsonObject): Runtime {
            val bundle = openBundle(Path.of(settings.text("bundle")))
            return Runtime(
                engine = openEngine(bundle, threads = settings.getValue("threads").jsonPrimitive.int),
                tokenizer = Tokenizer.open(bundle.tokenizer),
                rules = Detector(),
                names = Detector(names = openNames(Path.of(settings.text("names")))),
                texts = settings.getValue("texts").jsonArray.map { it.jsonPrimitive.content },
            )
        }
    }
}

/** The engine's version. */
internal fun version(): JsonObject =
    JsonObject(mapOf("onnxruntime" to JsonPrimitive(OrtEnvironment.getEnvironment().version)))

private fun figure(name: String, value: Double) = JsonObject(mapOf(name to JsonPrimitive(value)))

private fun JsonObject.tokens(): IntArray = getValue("tokens").jsonArray.map { it.jsonPrimitive.int }.toIntArray()

private inline fun seconds(work: () -> Unit): Double {
    val start = System.nanoTime()
    work()
    return (System.nanoTime() - start) / 1e9
}
