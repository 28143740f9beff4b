package dev.upcall.core.redaction.names

import kotlin.test.Test
import kotlin.test.assertEquals

class ScriptsTest {
    @Test
    fun `letters that the model does not read are counted`() {
        val expected = mapOf("" to 0, "Zoé" to 0, "Да" to 2, "ok 你好!" to 2, "١٢" to 0, "\uD840\uDC00" to 1)
        assertEquals(expected, expected.mapValues { (text, _) -> unreadLetters(text) })
    }

    @Test
    fun `names behind words of other scripts, and accounts in home folders`() {
        val expected =
            mapOf(
                "Меня зовут Ирина Лебедева, привет" to listOf("Ирина Лебедева"),
                "cat /home/jmeyer/.profile" to listOf("jmeyer"),
                "cat /home/ubuntu/.profile" to emptyList(),
                "cd /home/\$USER" to emptyList(),
                "see https://example.com/home/jmeyer" to emptyList(),
                "import src/Users/UserController" to emptyList(),
                "Peter Pan American" to emptyList(),
            )
        val found =
            expected.mapValues { (text, _) ->
                cued(text, loadNameRules()).map { text.substring(it.start, it.end) }
            }
        assertEquals(expected, found)
    }
}
