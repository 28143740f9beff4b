package dev.upcall.core.redaction

import dev.upcall.core.InputError
import dev.upcall.core.RedactionError
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import kotlin.random.Random
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertNull
import kotlin.test.assertTrue

private val FRAGMENTS =
    listOf(
        "alice@example.com",
        "4111 1111 1111 1111",
        "DE89370400440532013000",
        "078-05-1120",
        "192.0.2.1",
        "2001:db8::1",
        "+44 20 7946 0958",
        "password: hunter22",
        "ghp_" + "a1".repeat(18),
        "https://u:pw1@h.example",
        "Ann",
        "[[EMAIL_1_k7]]",
        "[[",
        "]]",
        "-----BEGIN PRIVATE KEY-----",
        "password: ",
        "@",
        "4",
        "\u200b",
        "\u0301",
        "\uD800",
        "\u0000",
        "４",
        "‑",
        "\u202e",
        "👩‍👩‍👧",
        "你",
        " ",
        "\n",
        "token is ",
        "\"",
        "://",
        "eyJ",
        "a",
        "é",
        "𐐀",
        "\uDC00",
    )

class DetectorTest {
    private val detector = Detector(denyTerms = listOf("Ann", "Project Falcon", "张伟"))
    private val random = Random(11)

    private fun text() = List(random.nextInt(12)) { FRAGMENTS.random(random) }.joinToString("")

    private class GivenFinder(private val value: String, private val type: EntityType) : NameFinder {
        override val version = "given"

        override fun spans(text: String): List<Span> {
            val start = text.indexOf(value)
            return listOf(Span(start, start + value.length, type, "names"))
        }
    }

    @Test
    fun `any text has spans in order inside it`() {
        repeat(300) {
            val text = text()
            val spans = detector.find(text)
            val borders = spans.flatMap { listOf(it.start, it.end) }
            assertEquals(borders.sorted(), borders, text)
            assertTrue(spans.all { it.start in 0 until it.end && it.end <= text.length }, text)
            assertEquals(spans, detector.find(text), text)
        }
    }

    @Test
    fun `no finding parts a surrogate pair`() {
        repeat(300) {
            val text = text()
            for (border in detector.find(text).flatMap { listOf(it.start, it.end) }) {
                val isParted =
                    border in 1 until text.length && text[border - 1].isHighSurrogate() && text[border].isLowSurrogate()
                assertFalse(isParted, text)
            }
        }
    }

    @Test
    fun `a finding never touches a placeholder`() {
        repeat(300) {
            val text = text()
            val whole = "$text[[EMAIL_7_k7]]$text"
            val end = whole.length - text.length
            for (span in detector.find(whole)) assertTrue(span.end <= text.length || span.start >= end, whole)
        }
    }

    @Test
    fun `versions are those of rules and finder`() {
        assertEquals(loadRules().version, detector.rulesVersion)
        assertEquals(loadRules().version + "+given", Detector(names = GivenFinder("", EntityType.PERSON)).rulesVersion)
    }

    @Test
    fun `claims keep what merging hides`() {
        val types = detector.claims("ann@example.com").map { it.entityType }
        assertEquals(setOf(EntityType.CUSTOM, EntityType.EMAIL), types.toSet())
    }

    @Test
    fun `a term cannot be denied and allowed`() {
        val error = assertFailsWith<InputError> { Detector(denyTerms = listOf("Ann"), allowTerms = listOf("ann")) }
        assertTrue("denied and allowed" in error.problem)
    }

    @Test
    fun `a failing finder fails closed and says nothing`() {
        val failing =
            object : NameFinder {
                override val version = "failing"

                override fun spans(text: String): List<Span> = error(text)
            }
        val error = assertFailsWith<RedactionError> { Detector(names = failing).find("private: alice@example.com") }
        assertEquals("A redaction rule failed (IllegalStateException).", error.problem)
        assertNull(error.cause)
        assertTrue(error.suppressed.isEmpty())
    }

    @Test
    fun `an interrupted finder is no failing one`() {
        val stopped =
            object : NameFinder {
                override val version = "stopped"

                override fun spans(text: String): List<Span> = throw InterruptedException()
            }
        assertFailsWith<InterruptedException> { Detector(names = stopped).find("text") }
    }

    @Test
    fun `numbers of the name finder are no dates nor versions`() {
        val cases =
            listOf(
                Triple("at 52.5200066, 13.404954", "52.5200066", emptyList()),
                Triple("Windows 10.0.22631.3737 runs", "22631.3737", emptyList()),
                Triple("OID 1.2.840.113549 is used", "840.113549", emptyList()),
                Triple("on 2024-01-15 it began", "2024-01-15", emptyList()),
                Triple("2024-01-15 98-7654-321", "2024-01-15 98-7654-321", listOf(" 98-7654-321")),
                Triple("2024-01-15 12", "2024-01-15 12", emptyList()),
                Triple("it is 98-7654-321", "98-7654-321", listOf("98-7654-321")),
            )
        for ((text, value, expected) in cases) {
            val detector = Detector(phoneRegions = emptyList(), names = GivenFinder(value, EntityType.PHONE))
            assertEquals(expected, detector.find(text).map { text.substring(it.start, it.end) }, text)
        }
    }

    @Test
    fun `allowed words are cut out of names`() {
        val finder = GivenFinder("Ann Lee of Acme", EntityType.PERSON)
        val text = "by Ann Lee of Acme, today"
        assertEquals(
            listOf("Ann Lee of "),
            Detector(allowTerms = listOf("acme"), names = finder).find(text).map { text.substring(it.start, it.end) },
        )
        assertEquals(emptyList(), Detector(allowTerms = listOf("ann lee of acme"), names = finder).find(text))
    }

    @Test
    fun `merging measures in characters`() {
        val text = "𐐀𐐁 abc"
        val spans = listOf(Span(0, 5, EntityType.PERSON, "a"), Span(4, 8, EntityType.ORG, "b"))
        assertEquals(EntityType.ORG, detector.merge(text, spans).single().entityType)
    }

    @Test
    @Timeout(60)
    fun `hostile text takes bounded time`() {
        val units =
            listOf(
                "1",
                "41 ",
                "1 ",
                "1.1.1.1 ",
                "1:",
                "a@",
                "-----BEGIN PRIVATE KEY-----",
                "password=\"",
                "[[EMAIL_1_",
                "eyJaaaaaaaaa.",
                "DE89 ",
                "4\u200b",
                "+1",
                "a ",
                "\\u0034",
                "%34",
                "QUJD",
                "41",
                "a-",
                "born 1.1.",
                "a_1/",
                "<<",
                "account number 1",
                "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfN ",
                "4\u0301",
                "почта@",
            )
        for (unit in units) detector.find(unit.repeat(4096 / unit.length))
    }

    @Test
    @Timeout(30)
    fun `each of many private keys is read to its own end`() {
        val key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n"
        val spans = detector.find(key.repeat(6_000))
        assertEquals(List(6_000) { it * key.length }, spans.map { it.start })
        assertTrue(spans.all { it.end - it.start == key.trimEnd().length })
    }
}
