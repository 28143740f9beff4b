package dev.upcall.cloud

import dev.upcall.core.CloudPart
import dev.upcall.core.CloudQuestion
import dev.upcall.core.CloudText
import dev.upcall.core.CloudUsage
import dev.upcall.core.EscalationError
import dev.upcall.core.EscalationReason
import dev.upcall.core.Message
import dev.upcall.core.Role
import dev.upcall.core.SamplingOptions
import dev.upcall.core.decision.Place
import dev.upcall.core.decision.Reason
import dev.upcall.core.decision.RouteDecision
import dev.upcall.core.decision.Strategy
import dev.upcall.core.redaction.redacted
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import java.util.UUID
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs

fun question(
    text: String = "What is a bicycle?",
    timeoutMs: Int = 10_000,
    maxOutputTokens: Int = 300,
    sampling: SamplingOptions = SamplingOptions(),
): CloudQuestion = CloudQuestion(
    requestId = UUID.randomUUID().toString(),
    redacted = redacted(listOf(Message(Role.USER, text))),
    strategy = Strategy.CLOUD,
    decision = RouteDecision(Place.CLOUD, Reason.STRATEGY),
    sampling = sampling,
    maxOutputTokens = maxOutputTokens,
    timeoutMs = timeoutMs,
)

/** The whole answer. */
fun GrpcCloud.ask(question: CloudQuestion = question()): Pair<String, CloudUsage> {
    val parts: List<CloudPart> = runBlocking { generate(question).toList() }
    val text = parts.dropLast(1).joinToString("") { assertIs<CloudText>(it).text }
    return text to assertIs<CloudUsage>(parts.last())
}

/** The question is not answered whole, for this reason. */
fun GrpcCloud.fails(reason: EscalationReason, question: CloudQuestion = question()): EscalationError {
    val error = assertFailsWith<EscalationError> { ask(question) }
    assertEquals(reason, error.reason)
    return error
}
