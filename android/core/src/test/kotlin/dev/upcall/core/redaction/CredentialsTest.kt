package dev.upcall.core.redaction

import org.junit.jupiter.api.Test
import kotlin.test.assertEquals

/** Where a credential ends and what is none; the cases by word, place and format are vectors. */
class CredentialsTest {
    private val detector = Detector()

    private fun secrets(text: String) =
        detector.find(text).filter { it.entityType == EntityType.SECRET }.map { text.substring(it.start, it.end) }

    @Test
    fun `a token goes on where more of it follows`() {
        val cases =
            mapOf(
                "sk-abc.TAIL7 rest" to "sk-abc.TAIL7",
                "sk-abc. Then" to "sk-abc",
                "sk-abc.html" to "sk-abc",
                "sk-abc-9f8e_7d6c." to "sk-abc-9f8e_7d6c",
            )
        for ((text, expected) in cases) assertEquals(expected, text.substring(0, tokenEnd(text, "sk-abc".length)))
    }

    @Test
    fun `entropy is exact for equally many of each character`() {
        assertEquals(0.0, entropy("aaaa"))
        assertEquals(1.5, entropy("aabc"))
        assertEquals(2.0, entropy("abcd"))
        assertEquals(3.0, entropy("abcdefgh"))
        assertEquals(1.0, entropy("aaabbb"))
        assertEquals(1.0, entropy("😀a"))
    }

    @Test
    fun `a value without quotation marks ends where something else begins`() {
        val cases =
            mapOf(
                "hunter2; next" to "hunter2",
                "hunter2;user=x" to "hunter2",
                "hunter2;x" to "hunter2;x",
                "hunter2,user: x" to "hunter2",
                "hunter2,{" to "hunter2",
                "hunter2,x" to "hunter2,x",
                "hunter2</b>" to "hunter2",
                "hunter2<br>" to "hunter2",
                "hunter2&user=x" to "hunter2",
                "hunter2&x" to "hunter2&x",
                "hunter2です" to "hunter2",
                "hunter2\\n" to "hunter2",
                "hunter2|  " to "hunter2",
                "hunter2);" to "hunter2",
                "hunter2)." to "hunter2",
                "(hunter2)" to "(hunter2)",
                "hunter2&${"é".repeat(40)}=" to "hunter2&${"é".repeat(40)}=",
                "hunter2&e${"é".repeat(38)}=" to "hunter2",
            )
        for ((text, expected) in cases) {
            val end = text.indexOf(' ').let { if (it < 0) text.length else it }
            assertEquals(expected, text.substring(0, unquotedEnd(text, 0, end)), text)
        }
    }

    @Test
    fun `what is quoted is taken whole`() {
        for (quote in "\"'`") {
            assertEquals(listOf("two words, and 3 more;"), secrets("password = ${quote}two words, and 3 more;$quote"))
        }
    }

    @Test
    fun `words of documentation are no credentials`() {
        for (line in listOf("password: required", "password: str", "password = password", "token: string")) {
            assertEquals(emptyList(), secrets(line))
        }
    }

    @Test
    fun `a private key is taken to the end of its last line`() {
        val lines = "> MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n> BKcwggSj\n> "
        val key = "-----BEGIN PRIVATE KEY-----\n$lines-----END PRIVATE KEY-----"
        assertEquals(listOf(key), secrets("$key\nThen it goes on."))
    }
}
