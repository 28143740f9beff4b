package dev.upcall.bench

import dev.upcall.core.FinishReason
import dev.upcall.core.asConversation
import dev.upcall.core.decision.AnswerFeatures
import dev.upcall.core.decision.Signal
import dev.upcall.core.decision.score
import dev.upcall.core.decision.tokenStatistics
import dev.upcall.core.languagemodel.LanguageModel
import dev.upcall.core.languagemodel.LocalAnswer
import dev.upcall.core.languagemodel.RouterStage
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/**
 * What the device's model answers, and how sure it is.
 *
 * @param stages that the bundle has a router head for.
 */
internal class AnswerParity(private val model: LanguageModel, private val stages: Set<RouterStage>) {
    /** A greedy answer of at most [count] tokens; by how much each was the likeliest; the score of each signal. */
    fun parts(text: String, count: Int): JsonObject {
        val features = AnswerFeatures()
        val margins = mutableListOf<Double>()
        val local =
            model.answer(asConversation(text), count) { step, token ->
                features.add(step, token)
                margins += tokenStatistics(step.logits, token).margin
            }
        local.finish()
        return JsonObject(
            mapOf(
                "ids" to numbers(local.prompt),
                "tokens" to numbers(local.tokens),
                "text" to JsonPrimitive(local.answer),
                "margins" to numbers(margins),
                "scores" to scores(local, features),
            ),
        )
    }

    private fun scores(local: LocalAnswer, features: AnswerFeatures): JsonObject {
        val known = Signal.entries.filter { it.stage == null || it.stage in stages }
        return JsonObject(known.associate { it.value to JsonPrimitive(score(it, local, features)) })
    }

    private fun score(signal: Signal, local: LocalAnswer, features: AnswerFeatures): Double =
        when (val stage = signal.stage) {
            null -> score(signal, local.logProbs)
            RouterStage.PRE -> model.route(stage, features.pre(local.inputTokens))
            RouterStage.POST -> model.route(stage, features.post(local.finishReason == FinishReason.STOP))
        }
}
