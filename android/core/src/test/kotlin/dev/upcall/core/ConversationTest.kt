package dev.upcall.core

import org.junit.jupiter.api.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse

class ConversationTest {
    private fun refusal(block: () -> Unit): String = assertFailsWith<InputError> { block() }.problem

    @Test
    fun `a role is known by its word, and another word is not told`() {
        assertEquals(Role.entries, listOf("system", "user", "assistant").map(Role::of))
        val error = assertFailsWith<InputError> { Role.of("somebody") }
        assertFalse("somebody" in error.message.orEmpty())
        assertEquals("system, user, assistant", error.allowed)
    }

    @Test
    fun `only the model's own message may be empty`() {
        assertEquals("", Message(Role.ASSISTANT, "").content)
        for (empty in listOf("", " \n\t", "\u0085\u00a0\u2028\u3000\u001c")) {
            assertEquals("The user message is empty.", refusal { Message(Role.USER, empty) })
        }
    }

    @Test
    fun `a message is counted in characters, not in halves of them`() {
        Message(Role.USER, "😀".repeat(MAX_MESSAGE_CHARACTERS))
        val problem = refusal { Message(Role.SYSTEM, "x".repeat(MAX_MESSAGE_CHARACTERS + 1)) }
        assertEquals("The system message has 65537 characters.", problem)
    }

    @Test
    fun `a lone surrogate is refused wherever it stands`() {
        for (broken in listOf("😀a\uD83D", "😀a\uDE00b", "😀a\uD83D\uD83D\uDE00")) {
            assertEquals(
                "The user message is not valid Unicode at character 2.",
                refusal { Message(Role.USER, broken) },
            )
        }
    }

    @Test
    fun `a message does not print its content`() {
        assertEquals("Message(role=USER)", Message(Role.USER, "secret").toString())
    }

    @Test
    fun `a text is a conversation of one message`() {
        assertEquals(listOf(Message(Role.USER, "Hi")), asConversation("Hi"))
    }

    @Test
    fun `a conversation ends with the user and has its system message first`() {
        val system = Message(Role.SYSTEM, "Be brief.")
        val user = Message(Role.USER, "Hi")
        val assistant = Message(Role.ASSISTANT, "Hello")
        val whole = listOf(system, user, assistant, user)
        assertEquals(whole, asConversation(whole))
        assertEquals("The conversation is empty.", refusal { asConversation(emptyList()) })
        assertEquals("The last message is the assistant's.", refusal { asConversation(listOf(user, assistant)) })
        assertEquals("The last message is the system's.", refusal { asConversation(listOf(system)) })
        assertEquals("A system message stands in the middle.", refusal { asConversation(listOf(user, system, user)) })
    }

    @Test
    fun `a conversation is not changed by a list that changes later`() {
        val given = mutableListOf(Message(Role.USER, "Hi"))
        val taken = asConversation(given)
        given.clear()
        assertEquals(1, taken.size)
    }
}
