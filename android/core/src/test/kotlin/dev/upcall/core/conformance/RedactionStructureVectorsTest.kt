package dev.upcall.core.conformance

import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class RedactionStructureVectorsTest {
    private val suite = suite("redaction_structure")

    @TestFactory
    fun detect(): List<DynamicTest> = suite.cases("detect", ::checkDetection)

    @Test
    fun `cases are of both kinds, and each has its own name`() {
        val cases = suite.list("detect").map { it.jsonObject }
        assertEquals(cases.size, cases.map { it.text("name") }.toSet().size)
        assertTrue(cases.count { it.list("expect").isEmpty() } >= 40)
    }
}
