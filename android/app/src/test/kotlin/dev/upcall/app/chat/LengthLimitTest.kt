package dev.upcall.app.chat

import androidx.compose.foundation.text.input.TextFieldState
import org.junit.Assert.assertEquals
import org.junit.Test

class LengthLimitTest {
    private val limit = LengthLimit(5)

    private fun cut(text: String): String {
        val state = TextFieldState()
        state.edit {
            append(text)
            with(limit) { transformInput() }
        }
        return state.text.toString()
    }

    @Test
    fun `what fits stays`() {
        assertEquals("12345", cut("12345"))
        assertEquals(0, limit.cutCharacters)
    }

    @Test
    fun `the rest is cut and counted`() {
        assertEquals("12345", cut("1234567"))
        assertEquals(2, limit.cutCharacters)
        cut("1")
        assertEquals(0, limit.cutCharacters)
    }

    @Test
    fun `no character is torn`() {
        assertEquals("1234", cut("1234\uD83D\uDE42"))
        assertEquals("123\uD83D\uDE42", cut("123\uD83D\uDE42"))
    }
}
