package dev.upcall.core.conformance

import dev.upcall.core.redaction.EntityType
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
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

    @Test
    fun `every type of the rules has cases`() {
        val suites = listOf("redaction", "redaction_detect", "redaction_credentials", "redaction_rules")
        val expected = suites.flatMap { suite(it).list("detect") }.map { it.jsonObject.getValue("expect").jsonArray }
        val found = expected.flatten().map { EntityType.valueOf(it.jsonObject.text("entity_type")!!) }.toSet()
        assertEquals(EntityType.entries.toSet() - EntityType.PERSON - EntityType.ORG - EntityType.LOCATION, found)
        assertTrue(expected.count { it.isEmpty() } >= 150)
    }
}
