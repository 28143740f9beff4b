package dev.upcall.core.conformance

import dev.upcall.core.Allowance
import dev.upcall.core.Approve
import dev.upcall.core.AskOptions
import dev.upcall.core.Decided
import dev.upcall.core.Done
import dev.upcall.core.EngineError
import dev.upcall.core.EscalationError
import dev.upcall.core.EscalationReason
import dev.upcall.core.Event
import dev.upcall.core.Failed
import dev.upcall.core.FileBudget
import dev.upcall.core.Message
import dev.upcall.core.Redacted
import dev.upcall.core.Restored
import dev.upcall.core.Role
import dev.upcall.core.Token
import dev.upcall.core.UpcallError
import dev.upcall.core.Usage
import dev.upcall.core.decision.Bucket
import dev.upcall.core.decision.CallPrices
import dev.upcall.core.decision.Strategy
import dev.upcall.core.languagemodel.Engine
import dev.upcall.core.languagemodel.RouterStage
import dev.upcall.core.languagemodel.Step
import dev.upcall.core.testing.ScriptedCloud
import dev.upcall.core.testing.ScriptedEngine
import dev.upcall.core.testing.says
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.nio.file.Path

/** An event as vectors write it, its numbers aside. */
internal fun told(event: Event): Map<String, Any?> = when (event) {
    is Decided ->
        mapOf(
            "event" to "decided",
            "place" to event.decision.place.value,
            "reason" to event.decision.reason.value,
            "score" to event.decision.score,
        )
    is Redacted ->
        mapOf(
            "event" to "redacted",
            "messages" to plain(event.messages),
            "masked" to event.masked.associate { it.placeholder to it.entityType.name },
        )
    is Token -> mapOf("event" to "token", "place" to event.place.value, "text" to event.text)
    is Restored -> mapOf("event" to "restored", "count" to event.count, "altered_count" to event.alteredCount)
    is Usage ->
        mapOf(
            "event" to "usage",
            "place" to event.place.value,
            "input_tokens" to event.inputTokens,
            "output_tokens" to event.outputTokens,
            "is_call_lost" to (event.lostMs > 0),
        )
    is Done ->
        mapOf(
            "event" to "done",
            "answer" to event.answer,
            "finish_reason" to event.finishReason.value,
            "cloud_error" to event.cloudError?.let(::told),
        )
    is Failed -> mapOf("event" to "failed") + told(event.error)
}.filterValues { it != null }

private fun told(error: UpcallError): Map<String, Any?> =
    mapOf("error" to error.name) + if (error is EscalationError) mapOf("reason" to error.reason.value) else emptyMap()

internal fun plain(messages: List<Message>): List<Map<String, String>> =
    messages.map { mapOf("role" to it.role.value, "content" to it.content) }

internal fun messages(given: JsonArray): List<Message> =
    given.map { it.jsonObject }.map { Message(Role.of(it.text("role")!!), it.text("content")!!) }

internal fun options(given: JsonObject?): AskOptions {
    val usual = AskOptions()
    return AskOptions(
        strategy = given?.text("strategy")?.let(Strategy::of) ?: usual.strategy,
        maxOutputTokens = given?.number("max_output_tokens")?.toInt() ?: usual.maxOutputTokens,
        cloudTimeoutMs = given?.number("cloud_timeout_ms")?.toInt() ?: usual.cloudTimeoutMs,
        threshold = given?.number("threshold"),
        qualityLevel = given?.number("quality_level"),
    )
}

internal fun cloud(given: JsonObject, sent: MutableList<Any>): ScriptedCloud = ScriptedCloud(
    failAfter = given.number("fails_after_pieces")?.toInt(),
    reason = EscalationReason.entries.single { it.value == (given.text("reason") ?: "unavailable") },
) { question ->
    sent.add(plain(question.redacted.messages))
    given.list("says").texts()
}

internal fun approving(answers: JsonArray, shown: MutableList<Any>): Approve {
    val rest = ArrayDeque<JsonElement>(answers)
    return { redacted ->
        shown.add(plain(redacted.messages))
        when (val next = rest.removeFirst()) {
            is JsonArray -> messages(next)
            else -> if (next.jsonPrimitive.content == "as_shown") redacted.messages else null
        }
    }
}

internal fun budget(given: JsonObject, path: Path): FileBudget = FileBudget(path) { 0.0 }.apply {
    write(
        Allowance(
            calls = given.number("calls_per_day")?.let { Bucket.full(it, nowS = 0.0) },
            money = given.number("money_per_day")?.let { Bucket.full(it, nowS = 0.0) },
            prices = CallPrices(perCall = given.number("price_per_call") ?: 0.0),
        ),
    )
}

internal fun engine(device: JsonObject): ScriptedEngine {
    val heads =
        device["heads"]
            ?.jsonObject
            .orEmpty()
            .map { (stage, value) ->
                val said = value.jsonPrimitive.content.toDouble()
                RouterStage.entries.single { it.value == stage } to { _: FloatArray -> said }
            }.toMap()
    return ScriptedEngine(
        script = says(device.text("says")!!, device.number("probability")!!),
        contextLength = device.number("context_length")?.toInt() ?: 4096,
        heads = heads,
    )
}

/** Fails at the token after so many that it was asked for one by one. */
internal class FailingEngine(private val inner: Engine, private val failsAfterTokens: Int) : Engine by inner {
    private var passes = 0

    override fun forward(tokens: IntArray): Step {
        if (tokens.size == 1 && ++passes >= failsAfterTokens) throw EngineError("The scripted engine failed.")
        return inner.forward(tokens)
    }
}
