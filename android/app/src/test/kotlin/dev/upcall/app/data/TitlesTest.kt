package dev.upcall.app.data

import dev.upcall.core.Role
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

class TitlesTest {
    @Test
    fun `a title is cut at a word, and a single long one within it`() {
        assertEquals("What is it?", titleOf(" What\n\t is  it? "))
        assertEquals("word ".repeat(15).trim() + "…", titleOf("word ".repeat(30)))
        assertEquals("a" + "😀".repeat(78) + "…", titleOf("a" + "😀".repeat(100)))
        assertEquals("😀".repeat(LONGEST_TITLE), titleOf("😀".repeat(LONGEST_TITLE)))
    }

    @Test
    fun `a long conversation is shared from its end`() {
        val messages =
            List(300) { ChatMessage(it.toLong(), 1, Role.USER, "$it ${"x".repeat(1000)}", MessageState.DONE, 0) }
        val text = transcriptOf("Title", messages) { "You" }
        assertTrue(text.length.toString(), text.length in 95_000..LONGEST_TRANSCRIPT)
        assertTrue(text.startsWith("Title\n\n…\n\nYou:\n"))
        assertTrue(text.endsWith(messages.last().text))
    }
}
