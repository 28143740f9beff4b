package dev.upcall.core.conformance

import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Vault
import dev.upcall.core.redaction.parsePolicy
import dev.upcall.core.redaction.redactMessages
import dev.upcall.core.redaction.sentSha256
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.TestFactory
import kotlin.test.assertEquals

/** The lists of the suite that need more than the detector. */
class RedactionVectorsTest {
    private val suite = suite("redaction")

    @TestFactory
    fun `lists that a detector does not take are refused`() = suite.cases("detector_error") { case ->
        refused(case.text("error")!!) { detector(case) }
    }

    @TestFactory
    fun `policies are read or refused`() = suite.cases("policy") { case ->
        val text = "{\"actions\": ${case.getValue("policy")}}"
        case.text("error")?.let { return@cases refused(it) { parsePolicy(text) } }
        val policy = policy(case)
        assertEquals(parsePolicy(text).policy, policy)
        val expect = case.getValue("expect").jsonObject
        assertEquals(expect.keys, EntityType.entries.map { it.name }.toSet())
        for (type in EntityType.entries) assertEquals(expect.text(type.name), policy.action(type).value)
    }

    @TestFactory
    fun `conversations are masked or stay`() = suite.cases("mask") { case ->
        val expect = case.getValue("expect").jsonObject
        val redacted = redactMessages(messages(case), detector(case), Vault(case.text("nonce")!!), policy(case))
        assertEquals(messages(expect), redacted.messages)
        val counts = expect.getValue("counts").jsonObject
        assertEquals(counts.mapValues { counts.count(it.key) }, redacted.counts.mapKeys { it.key.name })
        assertEquals(expect.list("blocked").texts(), redacted.blocked.map { it.name }.sorted())
        assertEquals(expect.list("masked").texts(), redacted.placeholders())
        assertEquals(expect.text("sent_sha256"), redacted.sentSha256.toHexString())
    }

    @TestFactory
    fun `what is sent has the digest of the vectors`() = suite.cases("sent_sha256") { case ->
        assertEquals(case.text("expect"), sentSha256(case.list("contents").texts()).toHexString())
    }
}
