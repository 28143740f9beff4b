package dev.upcall.core.conformance

import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.TestFactory

class RedactionDetectVectorsTest {
    @TestFactory
    fun detect(): List<DynamicTest> = suite("redaction_detect").cases("detect", ::checkDetection)
}
