package dev.upcall.core.redaction

import dev.upcall.core.Message
import dev.upcall.core.RedactionError
import dev.upcall.core.Role
import org.junit.jupiter.api.Test
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertTrue

class MessagesTest {
    private val detector = Detector(denyTerms = listOf("Ann", "k7", "1"))
    private val pieces = PRIVATE_PIECES + PLACEHOLDER_PIECES + STRANGE_PIECES

    private fun messages(vararg texts: String) = texts.map { Message(Role.USER, it) }

    private fun redacted(vararg texts: String, vault: Vault = Vault("k7"), policy: Policy = Policy()) =
        redactMessages(messages(*texts), detector, vault, policy)

    private fun RedactedMessages.sent() = messages.filter { it.role == Role.USER }.map { it.content }

    private fun RandomTexts.conversation() =
        List(number(1, 4)) { "x" + withoutSurrogates(text(pieces, most = 10)) }.toTypedArray()

    @Test
    fun `restored is what was written, also in a second turn that quotes what is minted by now`() =
        forRandomTexts(150) {
            val texts = conversation()
            val vault = Vault("k7")
            for (turn in listOf(texts, texts.reversedArray())) {
                assertEquals(turn.toList(), redacted(*turn, vault = vault).sent().map(vault::restore))
            }
        }

    @Test
    fun `nothing is left to find in what is sent`() = forRandomTexts(150) {
        val texts = conversation()
        for (text in redacted(*texts).sent()) assertEquals(emptyList(), detector.find(text), text)
    }

    @Test
    fun `the report counts distinct values`() {
        val redacted = redacted("alice@example.com, alice@example.com", "bob@example.com 192.0.2.1")
        assertEquals(mapOf(EntityType.EMAIL to 2, EntityType.IP_ADDRESS to 1), redacted.counts)
        assertEquals(
            listOf(
                Masked("[[EMAIL_1_k7]]", EntityType.EMAIL),
                Masked("[[EMAIL_2_k7]]", EntityType.EMAIL),
                Masked("[[IP_ADDRESS_1_k7]]", EntityType.IP_ADDRESS),
            ),
            redacted.masked,
        )
        assertEquals(detector.rulesVersion, redacted.rulesVersion)
        assertContentEquals(sentSha256(redacted.messages.map { it.content }), redacted.sentSha256)
    }

    @Test
    fun `the instruction is given only when something is masked, and once`() {
        assertEquals(messages("Hello"), redacted("Hello").messages)
        val told = redacted("alice@example.com").messages
        assertEquals(Message(Role.SYSTEM, PLACEHOLDER_INSTRUCTION), told.first())
        assertEquals(told.first(), redactMessages(told, detector, Vault("zz"), Policy()).messages.first())
        val system = listOf(Message(Role.SYSTEM, "Be brief.")) + messages("bob@example.com")
        assertEquals(
            "Be brief.\n\n$PLACEHOLDER_INSTRUCTION",
            redactMessages(system, detector, Vault(), Policy()).messages.first().content,
        )
        assertEquals(0, findPlaceholders(PLACEHOLDER_INSTRUCTION).size + detector.find(PLACEHOLDER_INSTRUCTION).size)
    }

    @Test
    fun `a value of an earlier turn stays masked`() {
        val vault = Vault("k7")
        redacted("password: hunter22", vault = vault)
        val second = redacted("say hunter22 again", vault = vault)
        assertEquals(listOf("say [[SECRET_1_k7]] again"), second.sent())
        assertEquals(mapOf(EntityType.SECRET to 1), second.counts)
    }

    @Test
    fun `a quoted placeholder is masked itself, but stays in an edited text`() {
        val vault = Vault("k7")
        redacted("alice@example.com", vault = vault)
        val text = "what is [[email_1_k7]]?"
        assertEquals(listOf(text), redactMessages(messages(text), detector, vault, Policy(), edited = true).sent())
        assertEquals(listOf("what is [[CUSTOM_1_k7]]?"), redacted(text, vault = vault).sent())
        assertEquals("[[email_1_k7]]", vault.restore("[[CUSTOM_1_k7]]"))
    }

    @Test
    fun `block leaves nothing to send`() {
        val policy = Policy(mapOf(EntityType.SECRET to Action.BLOCK))
        val redacted = redacted("password: hunter22", "Hi", policy = policy)
        assertEquals(setOf(EntityType.SECRET), redacted.blocked)
        assertTrue(redacted.isBlocked && redacted.messages.isEmpty() && redacted.masked.isEmpty())
        assertTrue(redacted.counts.isEmpty() && redacted.sentSha256.isEmpty())
        assertFailsWith<RedactionError> {
            RedactedMessages(messages("x"), emptyMap(), setOf(EntityType.SECRET), "1", ByteArray(0))
        }
    }

    @Test
    fun `no text is shown`() {
        val shown = redacted("alice@example.com and more words").toString()
        assertFalse("alice" in shown || "more words" in shown)
    }

    @Test
    fun `masking that comes to no end fails closed`() {
        val documents = listOf(PlainText("alice@example.com"))
        val masking = Masking(documents, detector, Vault(), Policy(), mostRounds = 1)
        assertEquals("Masking came to no end.", assertFailsWith<RedactionError> { masking.run() }.problem)
    }

    @Test
    fun `unread letters keep a conversation here`() {
        val messages =
            listOf(Message(Role.USER, "Hi.")) +
                listOf(Message(Role.ASSISTANT, "Hello.")) +
                listOf(Message(Role.USER, "Меня зовут Оксана"))
        val redacted = redactMessages(messages, detector, Vault(), Policy(unreadScript = Action.BLOCK))
        assertTrue(redacted.isBlocked && redacted.messages.isEmpty() && redacted.blocked.isEmpty())
        assertEquals(15, redacted.unreadLetters)
        assertFalse(redactMessages(messages, detector, Vault(), Policy()).isBlocked)
        assertFailsWith<RedactionError> {
            RedactedMessages(messages, emptyMap(), emptySet(), "1", ByteArray(0), unreadLetters = 1)
        }
    }
}
