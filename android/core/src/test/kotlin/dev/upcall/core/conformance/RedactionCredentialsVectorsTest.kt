package dev.upcall.core.conformance

import org.junit.jupiter.api.TestFactory

class RedactionCredentialsVectorsTest {
    private val suite = suite("redaction_credentials")

    @TestFactory
    fun detect() = suite.cases("detect", ::checkDetection)
}
