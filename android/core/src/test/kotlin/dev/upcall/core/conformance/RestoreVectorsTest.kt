package dev.upcall.core.conformance

import dev.upcall.core.redaction.StreamRestorer
import dev.upcall.core.redaction.Vault
import dev.upcall.core.redaction.restored
import kotlinx.serialization.json.JsonObject
import org.junit.jupiter.api.TestFactory
import kotlin.test.assertEquals

class RestoreVectorsTest {
    private val suite = suite("restore")

    private fun vault(case: JsonObject) = Vault(case.text("nonce")!!).apply {
        case.given("reserved")?.let { case.list("reserved").texts().forEach(::reserve) }
        mint(case)
    }

    @TestFactory
    fun `answers are restored, whole and in chunks`() = suite.cases("restore") { case ->
        val vault = vault(case)
        val chunks = case.list("chunks").texts()
        assertEquals(case.text("expect"), vault.restore(chunks.joinToString("")))
        val restorer = StreamRestorer(vault)
        assertEquals(case.text("expect"), restorer.restored(chunks))
        assertEquals(case.count("restored_count"), restorer.restoredCount)
    }

    @TestFactory
    fun `altered placeholders are counted`() = suite.cases("altered") { case ->
        val restorer = StreamRestorer(vault(case))
        restorer.restored(case.list("chunks").texts())
        assertEquals(case.count("altered_count"), restorer.alteredCount)
    }

    @TestFactory
    fun `nonces of another form are refused`() = suite.cases("nonce_error") { case ->
        refused(case.text("error")!!) { Vault(case.text("nonce")!!) }
    }
}
