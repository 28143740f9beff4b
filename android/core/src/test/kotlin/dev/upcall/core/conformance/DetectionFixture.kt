package dev.upcall.core.conformance

import dev.upcall.core.redaction.Detector
import dev.upcall.core.redaction.codePointOffset
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlin.test.assertEquals

/** The detector that a case of the suites of redaction describes. */
fun detectorOf(case: JsonObject): Detector = Detector(
    denyTerms = case.given("deny_terms")?.jsonArray?.texts().orEmpty(),
    allowTerms = case.given("allow_terms")?.jsonArray?.texts().orEmpty(),
    phoneRegions = case.given("phone_regions")?.jsonArray?.texts(),
)

/** A case of a list `detect`: its text holds what it says, at those places. */
fun checkDetection(case: JsonObject) {
    val text = case.text("text")!!
    val found =
        detectorOf(case).find(text).map {
            Triple(text.codePointOffset(it.start), text.codePointOffset(it.end), it.entityType.name)
        }
    val expected =
        case.list("expect").map { it.jsonObject }.map {
            Triple(it.number("start")!!.toInt(), it.number("end")!!.toInt(), it.text("entity_type")!!)
        }
    assertEquals(expected, found)
}
