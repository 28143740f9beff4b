package dev.upcall.core.conformance

import dev.upcall.core.Message
import dev.upcall.core.Role
import dev.upcall.core.redaction.Detector
import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Policy
import dev.upcall.core.redaction.RedactedMessages
import dev.upcall.core.redaction.Span
import dev.upcall.core.redaction.Vault
import dev.upcall.core.redaction.codePointOffset
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.put

fun JsonObject.count(key: String): Int = getValue(key).jsonPrimitive.content.toInt()

fun JsonObject.objects(key: String): List<JsonObject> = list(key).map { it.jsonObject }

private fun JsonObject.listed(key: String): List<String>? = given(key)?.let { list(key).texts() }

/** Fills a vault with what a case says was minted. */
fun Vault.mint(case: JsonObject) = case.objects("minted").forEach { given ->
    placeholder(
        EntityType.valueOf(given.text("entity_type")!!),
        given.text("value")!!,
        given.flag("is_number") ?: false,
    )
}

fun detector(case: JsonObject): Detector = Detector(
    denyTerms = case.listed("deny_terms").orEmpty(),
    allowTerms = case.listed("allow_terms").orEmpty(),
    phoneRegions = case.listed("phone_regions"),
)

fun policy(case: JsonObject): Policy = Policy.parse(
    case.given("policy")?.jsonObject.orEmpty().mapValues { (it.value as JsonPrimitive).content },
    unreadScript = case.text("unread_script") ?: "allow",
)

fun messages(given: JsonObject): List<Message> =
    given.objects("messages").map { Message(Role.of(it.text("role")!!), it.text("content")!!) }

/** Spans as vectors write them: in code points. */
fun told(text: String, spans: List<Span>): List<JsonObject> = spans.map { span ->
    buildJsonObject {
        put("start", text.codePointOffset(span.start))
        put("end", text.codePointOffset(span.end))
        put("entity_type", span.entityType.name)
    }
}

fun RedactedMessages.placeholders(): List<String> = masked.map { it.placeholder }
