package dev.upcall.bench

import dev.upcall.core.asConversation
import dev.upcall.core.decision.decide
import dev.upcall.core.languagemodel.LanguageModel
import dev.upcall.core.redaction.Detector
import dev.upcall.core.redaction.JsonStreamRestorer
import dev.upcall.core.redaction.Policy
import dev.upcall.core.redaction.Span
import dev.upcall.core.redaction.StreamRestorer
import dev.upcall.core.redaction.Vault
import dev.upcall.core.redaction.codePointOffset
import dev.upcall.core.redaction.redact
import dev.upcall.core.redaction.redactMessages
import dev.upcall.core.redaction.restore
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

private const val NONCE = "k7"

/**
 * What becomes of one text: its tokens, what is private in it, what is sent, what is restored; and one decision.
 *
 * @param names the detector with the name model, and [rules] the one without.
 */
internal class TextParity(private val model: LanguageModel, private val rules: Detector, private val names: Detector) {
    /** The parts that are compared; each an error's name where that is what comes of it. */
    fun parts(request: JsonObject): JsonObject {
        val text = request.text("text")
        val isJson = request.getValue("is_json").jsonPrimitive.boolean
        val vault = Vault(NONCE)
        val messages by lazy { redactMessages(asConversation(text), names, vault, Policy()) }
        val masked by lazy { redact(text, names, Vault(NONCE), isJson = isJson) }
        return JsonObject(
            mapOf(
                "ids" to part { numbers(model.tokenizer.encode(model.template.render(asConversation(text))).asList()) },
                "rules" to part { spans(text, rules.find(text)) },
                "names" to part { spans(text, byNames(text)) },
                "messages" to part { JsonArray(messages.messages.map { words(it.role.value, it.content) }) },
                "digest" to part { JsonPrimitive(messages.sentSha256.toHexString()) },
                "answer" to
                    part {
                        JsonPrimitive("You wrote: ${messages.messages.last().content}".through(StreamRestorer(vault)))
                    },
                "masked" to part { JsonPrimitive(masked.masked) },
                "spans" to part { spans(text, masked.spans) },
                "restored" to part { JsonPrimitive(restore(masked.masked, masked.vault, isJson)) },
                "arguments" to part { JsonPrimitive(masked.masked.through(JsonStreamRestorer(masked.vault))) },
                "decision" to part { decision(request.getValue("circumstances").jsonObject) },
            ),
        )
    }

    /** What the name finder says beside the rules. */
    private fun byNames(text: String): List<Span> = names
        .claims(
            text,
        ).drop(names.claims(text, withNames = false).size)
        .sortedWith(compareBy({ it.start }, { it.end }))

    private fun decision(given: JsonObject): JsonElement = decide(circumstances(given)).let {
        JsonArray(listOf(JsonPrimitive(it.place.value), JsonPrimitive(it.reason.value), JsonPrimitive(it.threshold)))
    }
}

private fun spans(text: String, found: List<Span>) = JsonArray(
    found.map { span ->
        val (start, end) = listOf(span.start, span.end).map { JsonPrimitive(text.codePointOffset(it)) }
        JsonArray(listOf(start, end, JsonPrimitive(span.entityType.name)))
    },
)

/** The text restored as a stream that is cut behind each `_`, in the middle of all placeholders. */
private fun String.through(restorer: StreamRestorer): String {
    val pieces = split('_')
    val all = pieces.mapIndexed { index, piece -> restorer.feed(if (index < pieces.lastIndex) "${piece}_" else piece) }
    return all.joinToString("") + restorer.flush()
}
