package dev.upcall.core.conformance

import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.TestFactory

class RedactionRulesVectorsTest {
    @TestFactory
    fun detect(): List<DynamicTest> = suite("redaction_rules").cases("detect", ::checkDetection)
}
