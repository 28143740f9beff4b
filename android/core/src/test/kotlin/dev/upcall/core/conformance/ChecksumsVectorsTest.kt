package dev.upcall.core.conformance

import dev.upcall.core.redaction.SCHEMES
import dev.upcall.core.redaction.identifiers.CRYPTO_ADDRESSES
import dev.upcall.core.redaction.identifiers.ibanEnd
import dev.upcall.core.redaction.identifiers.isCard
import dev.upcall.core.redaction.identifiers.isSsn
import dev.upcall.core.redaction.identifiers.luhn
import dev.upcall.core.redaction.identifiers.mod1110
import dev.upcall.core.redaction.identifiers.verhoeff
import dev.upcall.core.redaction.loadRules
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.TestFactory
import kotlin.test.Test
import kotlin.test.assertEquals

class ChecksumsVectorsTest {
    private val suite = suite("checksums")
    private val rules = loadRules()
    private val checksums: Map<String, (String) -> Boolean> =
        SCHEMES + CRYPTO_ADDRESSES +
            mapOf(
                "card" to { text -> isCard(text, rules.cardPrefixes) },
                "iban" to { text -> ibanEnd(text, 0, rules.ibanLengths, rules.ibanNumeric) == text.length },
                "luhn" to ::luhn,
                "mod_11_10" to ::mod1110,
                "ssn" to ::isSsn,
                "verhoeff" to ::verhoeff,
            )

    @TestFactory
    fun check(): List<DynamicTest> = suite.cases("check") { case ->
        assertEquals(case.flag("valid"), checksums.getValue(case.text("scheme")!!)(case.text("text")!!))
    }

    @Test
    fun `every checksum accepts and refuses`() {
        val cases = suite.list("check").map { it.jsonObject }.groupBy { it.text("scheme") }
        assertEquals(checksums.keys, cases.keys)
        for ((scheme, texts) in cases) {
            val (valid, refused) = texts.partition { it.flag("valid")!! }
            assertEquals(emptyList(), listOfNotNull(scheme.takeIf { valid.size < 4 || refused.size < 5 }))
        }
    }
}
