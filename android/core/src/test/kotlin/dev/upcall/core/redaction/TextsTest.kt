package dev.upcall.core.redaction

import dev.upcall.core.RedactionError
import org.junit.jupiter.api.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertNotEquals
import kotlin.test.assertNull
import kotlin.test.assertSame
import kotlin.test.assertTrue

/** A name finder made of one function. */
private class Finder(override val version: String = "told", private val find: (String) -> List<Span>) : NameFinder {
    override fun spans(text: String): List<Span> = find(text)
}

/** Finds each word at the beginning of a text. */
private fun told(vararg told: Pair<String, EntityType>): Detector {
    val spans = told.map { (word, type) -> word to Span(0, word.length, type, "told", 0.5) }
    return Detector(
        names = Finder { text -> spans.filter { (word) -> text.startsWith(word) }.map { (_, span) -> span } },
    )
}

class TextsTest {
    private fun List<Span>.of(text: String) = map { text.substring(it.start, it.end) }

    @Test
    fun `what would leave, and back`() {
        val vault = Vault("k7")
        val text = "Write to alice@example.com or alice@example.com, from 192.0.2.1."
        val redacted = redact(text, vault = vault)
        assertEquals("Write to [[EMAIL_1_k7]] or [[EMAIL_1_k7]], from [[IP_ADDRESS_1_k7]].", redacted.masked)
        assertEquals(listOf("alice@example.com", "alice@example.com", "192.0.2.1"), redacted.spans.of(text))
        assertTrue(redacted.spans.all { it.score == 1.0 })
        assertEquals(mapOf(EntityType.EMAIL to 1, EntityType.IP_ADDRESS to 1), redacted.counts)
        assertSame(vault, redacted.vault)
        assertEquals(text, restore(redacted.masked, vault))
        assertFalse("alice" in redacted.toString())
    }

    @Test
    fun `offsets are those of the text as Kotlin counts it`() {
        val text = "😀😀 alice@example.com 👩‍👩‍👧 4111 1111 1111 1111"
        assertEquals(listOf("alice@example.com", "4111 1111 1111 1111"), redact(text).spans.of(text))
    }

    @Test
    fun `a vault of its own by default`() {
        val redacted = redact("alice@example.com")
        assertEquals("alice@example.com", restore(redacted.masked, redacted.vault))
        assertEquals(emptyList(), redact("nothing here").spans)
    }

    @Test
    fun `a mention is told with the rule that found it where one did`() {
        val spans = redact("password: hunter22, again hunter22").spans
        assertEquals("mention", spans[1].detector)
        assertNotEquals("mention", spans[0].detector)
    }

    @Test
    fun `blocked is told and sends nothing`() {
        val text = "alice@example.com, password: hunter22"
        val redacted = redact(text, policy = Policy(mapOf(EntityType.SECRET to Action.BLOCK)))
        assertEquals(setOf(EntityType.SECRET), redacted.blocked)
        assertTrue(redacted.isBlocked && redacted.masked.isEmpty() && redacted.counts.isEmpty())
        assertEquals(listOf("alice@example.com", "hunter22"), redacted.spans.of(text))
    }

    @Test
    fun `a corpus line remembers nothing of the others`() {
        val vault = Vault("k7")
        redact("password: hunter22", vault = vault)
        assertEquals("say hunter22", redact("say hunter22", vault = vault, remembers = false).masked)
        assertEquals("say [[SECRET_1_k7]]", redact("say hunter22", vault = vault).masked)
    }

    @Test
    fun `what hides behind an escape is found`() {
        val text = """Send {"to": "alice\u0040example.com"} and \"4111\u00201111 1111 1111\""""
        val redacted = redact(text, vault = Vault("k7"))
        assertEquals("""Send {"to": "[[EMAIL_1_k7]]"} and \"[[CREDIT_CARD_1_k7]]\"""", redacted.masked)
        assertEquals(text, restore(redacted.masked, redacted.vault))
    }

    @Test
    fun `a name is masked elsewhere as a whole word only`() {
        val text = "Ann asks: is Ann in the Annual report? No, Ann."
        val redacted = redact(text, told("Ann" to EntityType.PERSON), Vault("k7"))
        assertEquals(
            "[[PERSON_1_k7]] asks: is [[PERSON_1_k7]] in the Annual report? No, [[PERSON_1_k7]].",
            redacted.masked,
        )
        assertEquals(setOf(0.5, 1.0), redacted.spans.map { it.score }.toSet())
    }

    @Test
    fun `a short value is not private elsewhere`() {
        val cases =
            listOf(
                "34" to EntityType.AGE,
                "12" to EntityType.ADDRESS,
                "J" to EntityType.PERSON,
                "𝒥" to EntityType.PERSON,
                "abc" to EntityType.SECRET,
                "🙂🙃x" to EntityType.SECRET,
            )
        for ((word, type) in cases) {
            val masked = redact("$word then $word", told(word to type), Vault("k7")).masked
            assertEquals(1, masked.windowed(word.length).count { it == word }, masked)
        }
    }

    @Test
    fun `a detector that fails gives nothing out`() {
        val error =
            assertFailsWith<RedactionError> {
                redact("alice@example.com", Detector(names = Finder { text -> error(text) }))
            }
        assertFalse("alice" in error.message.orEmpty())
        assertNull(error.cause)
    }

    @Test
    fun `a finder that reaches over placeholders does not nest them`() {
        val detector = Detector(names = Finder { listOf(Span(0, it.length, EntityType.PERSON, "greedy")) })
        val vault = Vault("k7")
        val text = "x [[EMAIL_1_zz]] alice@example.com y"
        val redacted = redact(text, detector, vault)
        assertEquals(text, restore(redacted.masked, vault))
        assertTrue(vault.values.all { findPlaceholders(it.value).isEmpty() })
        assertFalse("alice" in redacted.masked)
    }

    @Test
    fun `bad input is masked and comes back`() {
        val texts =
            listOf(
                "\uD800alice@example.com\uDFFF",
                "\u0000alice@example.com\u0000",
                "مرحبا \u202Ealice@example.com\u202C שלום",
                "👩‍👩‍👧alice@example.com🏳️‍🌈 ❤️",
                "e\u0301 alice@example.com e\u0301\u0327",
                "[[alice@example.com]] [[EMAIL_1_k7]] [[ [[EMAIL_1_k7]] ]]",
                "\uFEFFalice@example.com\r\n\u001B[0m",
            )
        for (text in texts) {
            val vault = Vault("k7")
            val masked = redact(text, vault = vault).masked
            assertFalse("alice" in masked, masked)
            assertEquals(text, restore(masked, vault))
        }
    }
}
