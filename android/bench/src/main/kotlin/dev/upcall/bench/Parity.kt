package dev.upcall.bench

import dev.upcall.core.openBundle
import dev.upcall.core.redaction.Detector
import dev.upcall.engine.onnx.openModel
import dev.upcall.engine.onnx.openNames
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonPrimitive
import java.nio.file.Path

/** What must equal that of Python, which `benchmarks/parity_model.py` gives in the same form. Offsets are in code points. */
internal class Parity(private val texts: TextParity, private val answers: AnswerParity) : Subject {
    override fun answer(request: JsonObject): JsonObject = when (val case = request.text("case")) {
        "text" -> texts.parts(request)
        "answer" -> answers.parts(request.text("text"), request.getValue("new_tokens").jsonPrimitive.int)
        "version" -> version()
        else -> throw IllegalArgumentException("no case $case")
    }

    companion object {
        /** The bundle and the name model that the settings name. */
        fun open(settings: JsonObject): Parity {
            val bundle = openBundle(Path.of(settings.text("bundle")))
            val model = openModel(bundle, threads = settings.getValue("threads").jsonPrimitive.int)
            val names = Detector(names = openNames(Path.of(settings.text("names"))))
            return Parity(TextParity(model, Detector(), names), AnswerParity(model, bundle.routerStages))
        }
    }
}

/** The numbers as an array. */
internal fun numbers(all: Iterable<Number>): JsonArray = JsonArray(all.map { JsonPrimitive(it) })

/** The words as an array. */
internal fun words(vararg all: String): JsonArray = JsonArray(all.map { JsonPrimitive(it) })

/** One thing to compare; an error is one, too. */
internal fun part(give: () -> JsonElement): JsonElement = try {
    give()
} catch (error: Exception) {
    // that of one text must not end the run
    JsonPrimitive(error.javaClass.simpleName)
}
