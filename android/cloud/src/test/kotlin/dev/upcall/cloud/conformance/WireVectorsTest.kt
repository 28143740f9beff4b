package dev.upcall.cloud.conformance

import dev.upcall.cloud.CloudEndpoint
import dev.upcall.cloud.GrpcCloud
import dev.upcall.cloud.OddServer
import dev.upcall.cloud.answer
import dev.upcall.cloud.ask
import dev.upcall.cloud.fails
import dev.upcall.cloud.generateRequest
import dev.upcall.cloud.testing.checkout
import dev.upcall.core.CloudQuestion
import dev.upcall.core.CloudUsage
import dev.upcall.core.EscalationReason
import dev.upcall.core.FinishReason
import dev.upcall.core.Message
import dev.upcall.core.Role
import dev.upcall.core.SamplingOptions
import dev.upcall.core.decision.Place
import dev.upcall.core.decision.Reason
import dev.upcall.core.decision.RouteDecision
import dev.upcall.core.decision.Strategy
import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Policy
import dev.upcall.core.redaction.redacted
import dev.upcall.protocol.v1.GenerateRequest
import dev.upcall.protocol.v1.GenerateResponse
import dev.upcall.protocol.v1.TextDelta
import io.grpc.Metadata
import io.grpc.Status
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import java.nio.file.Files
import kotlin.test.assertEquals
import kotlin.time.Duration

/** What client and service write and read: requests, events, and what a failed call means. */
class WireVectorsTest {
    private val suite =
        Json
            .parseToJsonElement(
                Files.readString(checkout.resolve("proto/vectors/wire.json")),
            ).jsonObject

    private fun cases(list: String, check: (JsonObject) -> Unit): List<DynamicTest> =
        suite.getValue(list).jsonArray.map { it.jsonObject }.map { case ->
            DynamicTest.dynamicTest("$list: ${case.text("name")}") { check(case) }
        }

    private fun JsonObject.text(key: String): String? = get(key)?.takeIf { it !is JsonNull }?.jsonPrimitive?.content

    private fun JsonObject.part(key: String): JsonObject = getValue(key).jsonObject

    private fun JsonObject.texts(key: String): List<String> = getValue(key).jsonArray.map { it.jsonPrimitive.content }

    private fun message(values: JsonObject) =
        Message(Role.of(values.text("role").orEmpty()), values.text("content").orEmpty())

    private fun sampling(values: JsonObject) = SamplingOptions(
        temperature = values.text("temperature")!!.toDouble(),
        topP = values.text("top_p")!!.toDouble(),
        topK = values.text("top_k")!!.toInt(),
        minP = values.text("min_p")!!.toDouble(),
        repetitionPenalty = values.text("repetition_penalty")!!.toDouble(),
        seed = values.text("seed")!!.toULong(),
    )

    private fun question(values: JsonObject): CloudQuestion {
        val (report, decision) = listOf("redaction", "decision").map { values.part(it) }
        return CloudQuestion(
            requestId = values.text("request_id").orEmpty(),
            redacted =
                redacted(
                    values.getValue("messages").jsonArray.map { message(it.jsonObject) },
                    report.part("counts").entries.associate { (type, count) ->
                        EntityType.valueOf(type) to count.jsonPrimitive.content.toInt()
                    },
                    report.text("rules_version").orEmpty(),
                    Policy.parse(report.part("policy").mapValues { it.value.jsonPrimitive.content }),
                ),
            strategy = Strategy.entries.first { it.value == decision.text("strategy") },
            decision =
                RouteDecision(
                    Place.CLOUD,
                    Reason.entries.first { it.value == decision.text("reason") },
                    decision.text("score")?.toDouble(),
                    decision.text("threshold")?.toDouble(),
                ),
            sampling = sampling(values.part("sampling")),
            maxOutputTokens = values.text("max_output_tokens")!!.toInt(),
            timeoutMs = 60_000,
        )
    }

    private val anyQuestion: CloudQuestion =
        question(suite.getValue("requests").jsonArray.map { it.jsonObject }.first { "question" in it }.part("question"))

    @TestFactory
    fun `what the device sends`() = cases("requests") { case ->
        val expected = case.text("hex")!!.hexToByteArray()
        val values = case["question"]?.jsonObject ?: return@cases
        val sent =
            generateRequest(
                question(values),
                model = values.text("model").orEmpty(),
                clientVersion = values.text("client_version").orEmpty(),
            )
        // Every client gives its own name.
        val client = sent.client.toBuilder().setName(GenerateRequest.parseFrom(expected).client.name)
        assertEquals(case.text("hex"), sent.toBuilder().setClient(client).build().toByteArray().toHexString())
    }

    @TestFactory
    fun `what the service reads is read here too`() = cases("requests") { case ->
        val request = GenerateRequest.parseFrom(case.text("hex")!!.hexToByteArray())
        val expected = case.part("engine").getValue("messages").jsonArray.map { message(it.jsonObject) }
        val read = request.messagesList.map { Message(Role.valueOf(it.role.name.removePrefix("ROLE_")), it.content) }
        assertEquals(expected, read)
    }

    @TestFactory
    fun `what the service answers`() = cases("events") { case ->
        val event = case.part("event")
        val responses = case.texts("hex").map { GenerateResponse.parseFrom(it.hexToByteArray()) }
        assertEquals(case.texts("hex"), responses.map { it.toByteArray().toHexString() })
        assertEquals(event.text("text").orEmpty(), responses.joinToString("") { it.textDelta.text })
        assertEquals(event.text("output_tokens")?.toInt() ?: 0, responses.sumOf { it.usage.outputTokens })
    }

    @TestFactory
    fun `what the device reads`() = cases("streams") { case ->
        val responses = case.texts("hex").map { it.hexToByteArray() }
        OddServer { it.answer(responses, Status.OK) }.use { server ->
            GrpcCloud(CloudEndpoint(server.target)).use { cloud ->
                val reason = case.text("reason")
                if (reason != null) {
                    cloud.fails(EscalationReason.entries.first { it.value == reason }, anyQuestion)
                } else {
                    val usage = case.part("usage")
                    val (text, told) = cloud.ask(anyQuestion)
                    assertEquals(case.texts("texts").joinToString(""), text)
                    val ended = FinishReason.entries.first { it.value == usage.text("finish_reason") }
                    val (given, made) = listOf("input_tokens", "output_tokens").map { usage.text(it)!!.toInt() }
                    assertEquals(CloudUsage(given, made, ended), told)
                }
            }
        }
    }

    @TestFactory
    fun `what a failed call means`() = cases("failures") { case ->
        val text =
            GenerateResponse
                .newBuilder()
                .setSequence(
                    1,
                ).setTextDelta(TextDelta.newBuilder().setText("One"))
                .build()
        val before = if (case.text("has_text").toBoolean()) listOf(text.toByteArray()) else emptyList()
        val pauses = mutableListOf<Duration>() // asked for, not waited
        val server =
            OddServer { call ->
                val trailers = Metadata()
                val key = Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER)
                case.text("pushback")?.let { trailers.put(key, it) }
                call.answer(
                    before,
                    Status.Code.valueOf(case.text("status")!!).toStatus().withDescription(case.text("details")),
                    trailers,
                )
            }
        server.use {
            GrpcCloud(CloudEndpoint(server.target), { it.build() }, { pauses += it }).use { cloud ->
                cloud.fails(EscalationReason.entries.first { it.value == case.text("reason") }, anyQuestion)
            }
        }
        assertEquals(listOfNotNull(case.text("retry_after_ms")?.toLong()), pauses.map { it.inWholeMilliseconds })
        assertEquals(pauses.size + 1, server.calls, "a call is tried again once, after the pause")
    }

    @Test
    fun `every reason and status is met`() {
        val failures = suite.getValue("failures").jsonArray.map { it.jsonObject }
        val streams = suite.getValue("streams").jsonArray.map { it.jsonObject }
        assertEquals(
            EscalationReason.entries
                .map {
                    it.value
                }.toSet(),
            (failures + streams).mapNotNull { it.text("reason") }.toSet(),
        )
        assertEquals(
            Status.Code.entries.toSet() - Status.Code.OK,
            failures
                .map {
                    Status.Code.valueOf(it.text("status")!!)
                }.toSet(),
        )
    }
}
