package dev.upcall.core.redaction

import dev.upcall.core.conformance.proto
import java.nio.file.Files
import kotlin.random.Random
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class EntitiesTest {
    private val priority = EntityType.entries.associateWith { it.ordinal }

    @Test
    fun `names are those of the protocol`() {
        val protocol = Files.readString(proto.resolve("upcall/protocol/v1/redaction.proto"))
        val names = Regex("ENTITY_TYPE_([A-Z_]+) = [0-9]").findAll(protocol).map { it.groupValues[1] }.toSet()
        assertEquals(names - "UNSPECIFIED", EntityType.entries.map { it.name }.toSet())
    }

    @Test
    fun `the longest gives the type, and what only touches stays apart`() {
        val merged =
            mergeSpans(
                listOf(
                    Span(0, 4, EntityType.EMAIL, "a"),
                    Span(3, 9, EntityType.PHONE, "b", score = 0.5),
                    Span(9, 10, EntityType.IBAN, "c"),
                ),
                priority,
            )
        val expected = listOf(Span(0, 9, EntityType.PHONE, "b", score = 0.5), Span(9, 10, EntityType.IBAN, "c"))
        assertEquals(expected, merged)
    }

    @Test
    fun `priority decides between equals, then the start, then the name of the detector`() {
        val email = Span(1, 5, EntityType.EMAIL, "a")
        assertEquals(listOf(email), mergeSpans(listOf(Span(1, 5, EntityType.PHONE, "b"), email), priority))
        assertEquals(listOf(email), mergeSpans(listOf(email.copy(detector = "b"), email), priority))
        val later = Span(2, 6, EntityType.EMAIL, "0")
        assertEquals(listOf(email.copy(end = 6)), mergeSpans(listOf(later, email), priority))
    }

    @Test
    fun `length may be counted otherwise than in code units`() {
        val spans = listOf(Span(0, 4, EntityType.EMAIL, "a"), Span(2, 5, EntityType.PHONE, "b"))
        val text = "😀😀abc"
        val merged = mergeSpans(spans, priority) { text.codePointCount(it.start, it.end) }
        assertEquals(listOf(Span(0, 5, EntityType.EMAIL, "a")), mergeSpans(spans, priority))
        assertEquals(listOf(Span(0, 5, EntityType.EMAIL, "a")), merged, "two characters each: priority decides")
    }

    @Test
    fun `merging covers the same characters in any order`() {
        val random = Random(3)
        repeat(300) {
            val spans =
                List(random.nextInt(8)) {
                    val start = random.nextInt(40)
                    val type = EntityType.entries.random(random)
                    Span(start, start + random.nextInt(1, 12), type, type.name)
                }
            val merged = mergeSpans(spans, priority)
            val covered = spans.flatMapTo(HashSet()) { it.start until it.end }
            assertEquals(covered, merged.flatMapTo(HashSet()) { it.start until it.end })
            assertTrue(merged.zipWithNext().all { (before, after) -> before.end <= after.start })
            assertEquals(merged, mergeSpans(spans.shuffled(random), priority))
        }
    }
}
