package dev.upcall.core.redaction

import org.junit.jupiter.api.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class DocumentsTest {
    private fun span(start: Int, end: Int) = Span(start, end, EntityType.SECRET, "test")

    private fun PlainText.cut(start: Int, end: Int, placeholder: String) =
        cut(pieces(listOf(span(start, end))).map { Mask(it, placeholder) })

    private fun PlainText.places(vararg findings: Span) = pieces(findings.toList()).map { it.start to it.end }

    @Test
    fun `offsets of a later round are those of the original`() {
        val document = PlainText("abc def ghi")
        document.cut(4, 7, "[[SECRET_1_k7]]")
        assertEquals("abc [[SECRET_1_k7]] ghi", document.current)
        val later = document.current.indexOf("ghi")
        assertEquals(listOf(8 to 11), document.places(span(later, later + 3)))
        document.cut(later, later + 3, "[[SECRET_2_k7]]")
        assertEquals("abc [[SECRET_1_k7]] [[SECRET_2_k7]]", document.sent())
        assertEquals(listOf(4 to 7, 8 to 11), document.masks.map { it.span.start to it.span.end })
    }

    @Test
    fun `a finding leaves placeholders alone`() {
        val document = PlainText("ab [[EMAIL_1_zz]] cd [[EMAIL_2_zz]][[EMAIL_3_zz]]")
        assertEquals(listOf(1 to 3, 17 to 21), document.places(span(1, document.current.length)))
        assertEquals(listOf(17 to 19), document.places(span(4, 8), span(8, 19)))
    }

    @Test
    fun `a piece without a visible character is none`() {
        assertEquals(emptyList(), PlainText("a  \n\u0085\u3000b").places(span(1, 6)))
    }

    @Test
    fun `masks put back give the original`() = forRandomTexts {
        val text = "x" + characters() + characters()
        val document = PlainText(text)
        for (number in 1..8) {
            val start = number(0, document.current.length)
            document.cut(start, minOf(start + number(1, 10), document.current.length), "[[SECRET_${number}_k7]]")
            var position = 0
            val again =
                document.masks.joinToString("") { mask ->
                    text.substring(position, mask.span.start).also { position = mask.span.end } + mask.placeholder
                }
            assertEquals(again + text.substring(position), document.current)
            assertTrue(document.masks.zipWithNext().all { (one, other) -> one.span.end <= other.span.start })
        }
    }

    @Test
    fun `distinct placeholders are counted by type`() {
        val masked =
            listOf(
                "a" to EntityType.EMAIL,
                "b" to EntityType.EMAIL,
                "a" to EntityType.EMAIL,
                "c" to EntityType.PHONE,
            )
        assertEquals(
            mapOf(EntityType.EMAIL to 2, EntityType.PHONE to 1),
            counted(masked.map { (placeholder, type) -> Masked(placeholder, type) }),
        )
    }
}
