package dev.upcall.core.conformance

import dev.upcall.core.redaction.Detector
import dev.upcall.core.redaction.JsonStreamRestorer
import dev.upcall.core.redaction.Policy
import dev.upcall.core.redaction.Vault
import dev.upcall.core.redaction.parsePolicy
import dev.upcall.core.redaction.redact
import dev.upcall.core.redaction.redactMessages
import dev.upcall.core.redaction.restore
import dev.upcall.core.redaction.restored
import dev.upcall.core.redaction.unescape
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.TestFactory
import kotlin.test.assertEquals

class MaskingVectorsTest {
    private val suite = suite("masking")

    @TestFactory
    fun `texts are masked and come back`() = suite.cases("text") { case ->
        val (text, expect) = case.text("text")!! to case.getValue("expect").jsonObject
        val vault = Vault(case.text("nonce")!!)
        val redacted = redact(text, detector(case), vault, policy(case))
        assertEquals(expect.text("masked"), redacted.masked)
        assertEquals(expect.objects("spans"), told(text, redacted.spans))
        assertEquals(expect.list("blocked").texts(), redacted.blocked.map { it.name }.sorted())
        assertEquals(expect.number("unread_letters")?.toInt() ?: 0, redacted.unreadLetters)
        if (!redacted.isBlocked) assertEquals(text, restore(redacted.masked, vault))
    }

    @TestFactory
    fun `JSON is masked and comes back`() = suite.cases("json") { case ->
        val (text, expect) = case.text("text")!! to case.getValue("expect").jsonObject
        val vault = Vault(case.text("nonce")!!)
        val redacted = redact(text, detector(case), vault, isJson = true)
        assertEquals(expect.text("masked"), redacted.masked)
        assertEquals(expect.objects("spans"), told(text, redacted.spans))
        val restored = restore(redacted.masked, vault, isJson = true)
        assertEquals(expect.text("restored") ?: text, restored)
        assertEquals(Json.parseToJsonElement(text), Json.parseToJsonElement(restored))
    }

    @TestFactory
    fun `what is no JSON is refused`() = suite.cases("json_error") { case ->
        refused(case.text("error")!!) { redact(case.text("text")!!, isJson = true) }
    }

    @TestFactory
    fun `JSON is restored, whole and in chunks`() = suite.cases("restore_json") { case ->
        val vault = Vault(case.text("nonce")!!).apply { mint(case) }
        val chunks = case.list("chunks").texts()
        val restorer = JsonStreamRestorer(vault)
        assertEquals(case.text("expect"), restorer.restored(chunks))
        assertEquals(case.count("restored_count"), restorer.restoredCount)
        assertEquals(case.text("expect"), restore(chunks.joinToString(""), vault, isJson = true))
    }

    @TestFactory
    fun `a conversation keeps its placeholders from turn to turn`() = suite.cases("turns") { case ->
        val vault = Vault(case.text("nonce")!!)
        for (turn in case.objects("turns")) {
            val edited = turn.flag("edited") ?: false
            val redacted = redactMessages(messages(turn), Detector(), vault, Policy(), edited)
            val expect = turn.getValue("expect").jsonObject
            assertEquals(messages(expect), redacted.messages)
            assertEquals(expect.list("masked").texts(), redacted.placeholders())
        }
    }

    @TestFactory
    fun `policies have the versions of the vectors`() = suite.cases("policy_version") { case ->
        assertEquals(case.text("expect"), policy(case).version)
    }

    @TestFactory
    fun `policy files are read or refused`() = suite.cases("policy_file") { case ->
        val text = case.getValue("given").toString()
        case.text("error")?.let { return@cases refused(it) { parsePolicy(text) } }
        val given = case.getValue("given").jsonObject
        val read = parsePolicy(text)
        val actions = given["actions"]?.jsonObject.orEmpty().mapValues { it.value.jsonPrimitive.content }
        assertEquals(Policy.parse(actions, given.text("unread_script") ?: "allow"), read.policy)
        assertEquals((given["deny_terms"] as JsonArray?)?.texts().orEmpty(), read.denyTerms)
        assertEquals((given["allow_terms"] as JsonArray?)?.texts().orEmpty(), read.allowTerms)
        assertEquals((given["phone_regions"] as JsonArray?)?.texts(), read.phoneRegions)
    }

    @TestFactory
    fun `escapes are read with their offsets`() = suite.cases("unescape") { case ->
        val read = unescape(case.text("text")!!)
        assertEquals(case.text("expect"), read.text)
        // Of a pair of surrogates the vectors have the first offset alone.
        val halves = read.text.indices.filter { it > 0 && Character.isSurrogatePair(read.text[it - 1], read.text[it]) }
        assertEquals(case.list("offsets").ints().toList(), read.offsets.filterIndexed { index, _ -> index !in halves })
    }
}
