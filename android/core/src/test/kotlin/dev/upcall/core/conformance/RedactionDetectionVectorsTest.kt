package dev.upcall.core.conformance

import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Unicode
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import java.security.MessageDigest
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/** The lists of the suite that need a detector only. */
class RedactionDetectionVectorsTest {
    private val suite = suite("redaction")

    @TestFactory
    fun detect() = suite.cases("detect", ::checkDetection)

    @TestFactory
    fun `detector errors`() = suite.cases("detector_error") { case ->
        refused(case.text("error")!!) { detectorOf(case) }
    }

    @TestFactory
    fun `what characters fold to in terms`() = suite.cases("fold") { case ->
        val points = case.text("first")!!.toInt(16)..case.text("last")!!.toInt(16)
        val known = points.filter { it !in 0xD800..0xDFFF && it !in Unicode.unassigned }
        val folded = known.joinToString("\n") { Unicode.decomposed(Unicode.fold(String(Character.toChars(it)))) }
        val digest = MessageDigest.getInstance("SHA-256").digest(folded.encodeToByteArray())
        assertEquals(case.text("expect"), digest.joinToString("") { "%02x".format(it) })
    }

    @Test
    fun `every type of the rules has cases`() {
        val suites = listOf("redaction", "redaction_detect", "redaction_credentials", "redaction_rules")
        val expected = suites.flatMap { suite(it).list("detect") }.map { it.jsonObject.getValue("expect").jsonArray }
        val found = expected.flatten().map { EntityType.valueOf(it.jsonObject.text("entity_type")!!) }.toSet()
        assertEquals(EntityType.entries.toSet() - EntityType.PERSON - EntityType.ORG - EntityType.LOCATION, found)
        assertTrue(expected.count { it.isEmpty() } >= 150)
    }
}
