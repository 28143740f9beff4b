package dev.upcall.cloud

import com.google.protobuf.ByteString
import dev.upcall.core.CloudQuestion
import dev.upcall.core.FinishReason
import dev.upcall.core.Message
import dev.upcall.core.SamplingOptions
import dev.upcall.core.decision.RouteDecision
import dev.upcall.core.decision.Strategy
import dev.upcall.core.redaction.RedactedMessages
import dev.upcall.protocol.v1.ClientInfo
import dev.upcall.protocol.v1.Completed
import dev.upcall.protocol.v1.EntityCount
import dev.upcall.protocol.v1.EntityType
import dev.upcall.protocol.v1.GenerateRequest
import dev.upcall.protocol.v1.ReasonCode
import dev.upcall.protocol.v1.RedactionReport
import dev.upcall.protocol.v1.Role
import dev.upcall.protocol.v1.RoutingReport
import dev.upcall.protocol.v1.Sampling
import dev.upcall.protocol.v1.FinishReason as WireFinishReason
import dev.upcall.protocol.v1.Message as WireMessage
import dev.upcall.protocol.v1.Strategy as WireStrategy

private const val CLIENT_NAME = "upcall-kotlin"

/**
 * The question as it is sent: enum values have the same names on both sides.
 *
 * @param question already redacted.
 * @param model alias at the service; empty takes its default.
 * @param clientVersion of this library.
 */
internal fun generateRequest(question: CloudQuestion, model: String, clientVersion: String): GenerateRequest =
    GenerateRequest
        .newBuilder()
        .setRequestId(question.requestId)
        .setModel(model)
        .addAllMessages(question.redacted.messages.map(::message))
        .setSampling(sampling(question.sampling))
        .setMaxOutputTokens(question.maxOutputTokens)
        .setRedaction(redactionReport(question.redacted))
        .setRouting(routingReport(question.strategy, question.decision))
        .setClient(ClientInfo.newBuilder().setName(CLIENT_NAME).setVersion(clientVersion))
        .build()

/** Types and counts of what was masked, by which rules and policy, and the hash of what is left. */
internal fun redactionReport(redacted: RedactedMessages): RedactionReport {
    val counts =
        redacted.counts.map { (type, count) ->
            EntityCount.newBuilder().setEntityType(EntityType.valueOf("ENTITY_TYPE_$type")).setCount(count).build()
        }
    return RedactionReport
        .newBuilder()
        .setRulesVersion(redacted.rulesVersion)
        .addAllCounts(counts)
        .setSentSha256(ByteString.copyFrom(redacted.sentSha256))
        .setPolicyVersion(redacted.policy.version)
        .addAllAllowedTypes(redacted.policy.allowed.map { EntityType.valueOf("ENTITY_TYPE_$it") })
        .build()
}

/** Why the device calls, in numbers. */
internal fun routingReport(strategy: Strategy, decision: RouteDecision): RoutingReport {
    val report =
        RoutingReport
            .newBuilder()
            .setStrategy(WireStrategy.valueOf("STRATEGY_$strategy"))
            .addReasons(ReasonCode.valueOf("REASON_CODE_${decision.reason}"))
    decision.score?.let(report::setScore)
    decision.threshold?.let(report::setThreshold)
    return report.build()
}

/** Why the answer ended; a reason that this version does not know counts as the model's own end. */
internal fun finishReason(completed: Completed): FinishReason =
    if (completed.finishReason == WireFinishReason.FINISH_REASON_LENGTH) FinishReason.LENGTH else FinishReason.STOP

private fun message(message: Message): WireMessage =
    WireMessage.newBuilder().setRole(Role.valueOf("ROLE_${message.role}")).setContent(message.content).build()

private fun sampling(options: SamplingOptions): Sampling.Builder = Sampling
    .newBuilder()
    .setTemperature(options.temperature.toFloat())
    .setTopP(options.topP.toFloat())
    .setTopK(options.topK)
    .setMinP(options.minP.toFloat())
    .setRepetitionPenalty(options.repetitionPenalty.toFloat())
    .setSeed(options.seed.toLong())
