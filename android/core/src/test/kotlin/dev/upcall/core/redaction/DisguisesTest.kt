package dev.upcall.core.redaction

import org.junit.jupiter.api.Test
import java.util.Base64
import kotlin.test.assertEquals
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue

private const val CARD = "4111111111111111"

class DisguisesTest {
    private val disguises = loadRules().disguises
    private val detector = Detector(phoneRegions = emptyList())
    private val encodings: Map<String, (String) -> String> =
        mapOf(
            "base64" to { Base64.getEncoder().encodeToString(it.encodeToByteArray()) },
            "base64url" to { Base64.getUrlEncoder().withoutPadding().encodeToString(it.encodeToByteArray()) },
            "hexadecimal" to { hexadecimal(it.encodeToByteArray()) },
            "upper case" to { hexadecimal(it.encodeToByteArray()).uppercase() },
        )

    private fun hexadecimal(data: ByteArray) = data.joinToString("") { "%02x".format(it) }

    @Test
    fun `escapes are read`() {
        val cases =
            mapOf(
                "a%40b" to "a@b",
                "a\\u0040b" to "a@b",
                "a&#64;b&#x40;c" to "a@b@c",
                "\\\"x\\\"\\n\\t\\/\\\\" to "\"x\"\n\t/\\",
                "\\ud83d" to "\uFFFD",
                "&#55357;" to "\uFFFD",
                "&#66560;" to "𐐀",
                "ann [at] example [dot] com" to "ann@example.com",
                "ann@=\r\nx=\n.com" to "ann@x.com",
                "\\0040 x" to "@x",
            )
        for ((text, plain) in cases) {
            val shadow = assertNotNull(disguises.unescaped(text), text)
            assertEquals(plain, shadow.text)
            assertEquals(Place(0, text.length), shadow.original(0, plain.length))
        }
    }

    @Test
    fun `without escapes there is no copy`() {
        for (text in listOf("", "plain", "100% of it", "a\\", "AT&T", "&#x;", "\\u00", "&amo; x")) {
            assertNull(disguises.unescaped(text), text)
        }
    }

    @Test
    fun `what is spelled out is joined`() {
        val cases =
            mapOf(
                "4 1 1 1 1 1 1 1" to "41111111",
                "is a 4 1 1 1 1 1 1 1 ok" to "is a 41111111 ok",
                "visa  4 1 1 1 1 1 1 1ok" to "visa  4111111 1ok",
                "D E 8 9 3 7 0 4" to "DE 893704",
                "a b 1 @ c d . c o m" to "ab1@cd.com",
                "0 7 8-0 5-1 1 2 0" to "078-05-1120",
                "1  2  3  4  5  6  7" to "1234567",
            )
        for ((text, joined) in cases) assertEquals(joined, disguises.joined(text)?.text)
    }

    @Test
    fun `what is not spelled out is left alone`() {
        for (text in listOf("", "1 2 3", "I am a b c", "4111 1111 1111 1111", "1-2-3-4-5-6-7-8")) {
            assertNull(disguises.joined(text), text)
        }
    }

    @Test
    fun `a token is covered wherever the value stands in it`() {
        for ((name, encode) in encodings) {
            for (around in listOf("", "a", "ab", "abc é", "?>~\n", "~~~ ")) {
                val token = encode("$around $CARD $around")
                val span = detector.find("<$token>").single()
                assertEquals(1, span.start, "$name of $around")
                assertTrue(span.end >= token.trimEnd('=').length + 1, "$name of $around")
            }
        }
    }

    @Test
    fun `only text is decoded`() {
        for (data in listOf("fffe".repeat(20), "00".repeat(40), "eda080".repeat(9), "41424344454607".repeat(4))) {
            val bytes = data.chunked(2).map { it.toInt(16).toByte() }.toByteArray()
            assertTrue(disguises.decoded(Base64.getEncoder().encodeToString(bytes)).isEmpty(), data)
            assertTrue(disguises.decoded(data).isEmpty(), data)
        }
    }

    @Test
    fun `only one level is decoded`() {
        val encode = encodings.getValue("base64")
        assertTrue(detector.find(encode("card $CARD")).isNotEmpty())
        assertTrue(detector.find(encode(encode("card $CARD"))).isEmpty())
    }

    @Test
    fun `a long token is covered whole and read to the limit`() {
        val encode = encodings.getValue("base64")
        val long = "x".repeat(LONGEST_TOKEN)
        val token = encode("$CARD $long")
        val span = detector.find(token).single()
        assertEquals(Place(0, token.length), Place(span.start, span.end))
        assertTrue(detector.find(encode("$long $CARD")).isEmpty())
    }

    @Test
    fun `invisible characters hide nothing`() {
        for (mark in listOf("\u200b", "\u2060", "\ufe0f", "\u0336", "\u00ad", "\u202e", "\uDB40\uDD00")) {
            for (value in listOf(CARD, "DE89370400440532013000", "078-05-1120", "alice@example.com")) {
                val hidden = value.dropLast(1).map { "$it$mark" }.joinToString("") + value.last()
                val span = detector.find("it is $hidden now").single()
                assertEquals(Place(6, 6 + hidden.length), Place(span.start, span.end), hidden)
            }
        }
    }
}
