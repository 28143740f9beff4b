package dev.upcall.app.preview

import dev.upcall.core.InputError
import dev.upcall.core.Message
import dev.upcall.core.Redacted
import dev.upcall.core.Role
import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Masked
import dev.upcall.core.redaction.PLACEHOLDER_INSTRUCTION
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Test

private val EMAIL = Masked("[[EMAIL_1_k7]]", EntityType.EMAIL)
private val OWN = Masked("[[CUSTOM_1_k7]]", EntityType.CUSTOM)

class DepartureTest {
    private fun shown(vararg messages: Message, masked: List<Masked> = emptyList()) =
        departure(Redacted("cloud:443", messages.toList(), masked, masked.groupingBy { it.entityType }.eachCount()))

    @Test
    fun `a value is masked wherever it stands, but for placeholders and instructions`() {
        val before =
            shown(
                Message(Role.SYSTEM, "EMAIL is a word"),
                Message(Role.USER, "EMAIL me at [[EMAIL_1_k7]], EMAIL!"),
                masked = listOf(EMAIL),
            )
        val after = before.masked("EMAIL", OWN.placeholder)
        assertEquals("EMAIL is a word", after.texts[0])
        assertEquals("[[CUSTOM_1_k7]] me at [[EMAIL_1_k7]], [[CUSTOM_1_k7]]!", after.texts[1])
        assertEquals(mapOf(EntityType.EMAIL to 1, EntityType.CUSTOM to 1), after.counts)
    }

    @Test
    fun `a model that gets placeholders is told what they are`() {
        val after = shown(Message(Role.USER, "About Heron")).masked("Heron", OWN.placeholder)
        assertEquals(
            listOf(Message(Role.SYSTEM, PLACEHOLDER_INSTRUCTION), Message(Role.USER, "About [[CUSTOM_1_k7]]")),
            after.messages(),
        )
        val system = shown(Message(Role.SYSTEM, "Be brief."), Message(Role.USER, "About Heron"))
        val told = system.masked("Heron", OWN.placeholder).messages().first().content
        assertEquals("Be brief.\n\n$PLACEHOLDER_INSTRUCTION", told)
    }

    @Test
    fun `what is sent unmasked gets no instruction`() {
        val shown = shown(Message(Role.USER, "Hello"))
        assertEquals(listOf(Message(Role.USER, "Hello")), shown.messages())
    }

    @Test
    fun `a mask that was taken out is counted no more`() {
        val before = shown(Message(Role.USER, "Write to [[EMAIL_1_k7]]."), masked = listOf(EMAIL))
        val after = before.without(EMAIL.placeholder)
        assertEquals("Write to ….", after.texts.single())
        assertEquals(emptyMap<EntityType, Int>(), after.counts)
    }

    @Test
    fun `a message that was emptied is refused`() {
        assertThrows(InputError::class.java) { shown(Message(Role.USER, "Hi")).edited(0, " ").messages() }
    }

    @Test
    fun `only plain words can be masked`() {
        val text = "Ann: [[EMAIL_1_k7]]"
        assertEquals("Ann", maskable(text, 0, 3, listOf(EMAIL)))
        assertEquals("Ann:", maskable(text, 0, 5, listOf(EMAIL)))
        assertNull(maskable(text, 0, 6, listOf(EMAIL)))
        assertNull(maskable(text, 4, 5, listOf(EMAIL)))
        assertNull(maskable(text, 2, 2, listOf(EMAIL)))
    }
}
