package dev.upcall.cloud

import dev.upcall.cloud.testing.checkout
import dev.upcall.core.FinishReason
import dev.upcall.core.SamplingOptions
import dev.upcall.core.decision.Place
import dev.upcall.core.decision.Reason
import dev.upcall.core.decision.RouteDecision
import dev.upcall.core.decision.Strategy
import dev.upcall.core.redaction.Action
import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Policy
import dev.upcall.core.redaction.redacted
import dev.upcall.protocol.v1.Completed
import org.junit.jupiter.api.Test
import java.nio.file.Files
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertNotEquals
import kotlin.test.assertTrue
import dev.upcall.protocol.v1.EntityType as WireEntityType
import dev.upcall.protocol.v1.FinishReason as WireFinishReason
import dev.upcall.protocol.v1.ReasonCode as WireReason
import dev.upcall.protocol.v1.Strategy as WireStrategy

class WireTest {
    @Test
    fun `the client says who it is`() {
        val client = generateRequest(question(), model = "", clientVersion = VERSION).client
        assertEquals("upcall-kotlin", client.name)
        val project = Files.readAllLines(checkout.resolve("pyproject.toml"))
        assertTrue("version = \"${client.version}\"" in project)
    }

    @Test
    fun `a knob at zero is sent`() {
        val sampling = generateRequest(question(), model = "", clientVersion = "0").sampling
        assertTrue(sampling.hasTemperature() && sampling.hasTopK() && sampling.hasMinP() && sampling.hasSeed())
    }

    @Test
    fun `the greatest seed is sent whole`() {
        val sampling = SamplingOptions(seed = ULong.MAX_VALUE)
        val sent = generateRequest(question(sampling = sampling), model = "", clientVersion = "0").sampling
        assertEquals(ULong.MAX_VALUE, sent.seed.toULong())
    }

    @Test
    fun `the policy is sent by version with what it allows`() {
        val policy = Policy(mapOf(EntityType.SECRET to Action.BLOCK, EntityType.EMAIL to Action.ALLOW))
        val report = redactionReport(redacted(emptyList(), policy = policy))
        assertEquals(policy.version, report.policyVersion)
        assertNotEquals(Policy().version, report.policyVersion)
        assertEquals(listOf(WireEntityType.ENTITY_TYPE_EMAIL), report.allowedTypesList)
    }

    @Test
    fun `absent numbers stay absent`() {
        val report = routingReport(Strategy.CLOUD, RouteDecision(Place.CLOUD, Reason.STRATEGY))
        assertFalse(report.hasScore())
        assertFalse(report.hasThreshold())
    }

    @Test
    fun `every reason, strategy and type has a name on the wire`() {
        for (reason in Reason.entries) {
            for (strategy in Strategy.entries) {
                val report = routingReport(strategy, RouteDecision(Place.CLOUD, reason))
                assertNotEquals(WireReason.REASON_CODE_UNSPECIFIED, report.getReasons(0))
                assertNotEquals(WireStrategy.STRATEGY_UNSPECIFIED, report.strategy)
            }
        }
        for (type in EntityType.entries) {
            val report = redactionReport(redacted(emptyList(), counts = mapOf(type to 1)))
            assertEquals("ENTITY_TYPE_$type", report.getCounts(0).entityType.name)
        }
    }

    @Test
    fun `why an answer ended`() {
        val completed = Completed.newBuilder()
        assertEquals(FinishReason.STOP, finishReason(completed.build()))
        assertEquals(FinishReason.STOP, finishReason(completed.setFinishReasonValue(9).build()))
        completed.finishReason = WireFinishReason.FINISH_REASON_LENGTH
        assertEquals(FinishReason.LENGTH, finishReason(completed.build()))
    }
}
