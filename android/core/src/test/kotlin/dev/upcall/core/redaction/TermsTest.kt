package dev.upcall.core.redaction

import dev.upcall.core.InputError
import org.junit.jupiter.api.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertTrue

class TermsTest {
    private val rules = loadRules()

    private fun terms(vararg terms: String) = Terms(terms.toList(), rules.characters, rules.termGap, purpose = "deny")

    private fun found(text: String, vararg terms: String) = terms(*terms).spans(text).map { it.of(text) }

    @Test
    fun `a shorter term is found where the longer one is no word`() {
        assertEquals(listOf("ann"), found("xb ann", "b ann", "ann"))
    }

    @Test
    fun `punctuation does not hide a term`() {
        val text = "«Falcon», (falcon)/FALCON… falcon's"
        assertEquals(listOf("Falcon", "falcon", "FALCON", "falcon"), found(text, "falcon"))
    }

    @Test
    fun `a blank stands for what may part words`() {
        for (text in listOf("project heron", "project_heron", "ProjectHeron", "Project\r\n> Heron", "PROJECT--HERON")) {
            assertEquals(listOf(text), found(text, "Project Heron"), text)
        }
        assertEquals(listOf("ПроектЦапля"), found("(ПроектЦапля)", "проект цапля"))
    }

    @Test
    fun `a letter with its mark is equal however it was typed`() {
        assertEquals(listOf("Zoe\u0308"), found("Zoe\u0308!", "zo\u00eb"))
        assertEquals(listOf("ZO\u00cb"), found("ZO\u00cb!", "zoe\u0308"))
        assertEquals(listOf("\uD55C\uAD6D"), found("\uD55C\uAD6D", "\u1112\u1161\u11AB\u1100\u116E\u11A8"))
    }

    @Test
    fun `characters beyond the basic plane keep their places`() {
        assertEquals(listOf("𐐀𐐁"), found("😀 𐐀𐐁 😀", "𐐨𐐩"))
        // Two characters are too few to be looked for in names of programs, however many code units they have.
        assertEquals(emptyList(), found("a_𐐀𐐁_b", "𐐨𐐩"))
        assertEquals(listOf("𐐀𐐁𐐂"), found("a_𐐀𐐁𐐂_b", "𐐨𐐩𐐪"))
    }

    @Test
    fun `membership is whole and folded`() {
        val terms = terms("Straße 1")
        assertTrue("STRASSE 1" in terms)
        assertTrue(" straße 1 " in terms)
        assertFalse("Straße" in terms)
        assertFalse("" in terms())
    }

    @Test
    fun `terms that cannot be looked for are refused by their number`() {
        for (term in listOf("", "  ", "\u200b", "\u00a0", "a\u0000", "a\uD800", "x".repeat(MAX_TERM_CHARACTERS + 1))) {
            val problem = assertFailsWith<InputError> { terms("fine", term) }.problem
            assertTrue("Term 2 of the deny list" in problem, problem)
            assertTrue(term.length < 2 || term !in problem, problem)
        }
        terms("😀".repeat(MAX_TERM_CHARACTERS))
    }

    @Test
    fun `too many terms are refused`() {
        val numbers = Array(MAX_TERMS + 1) { "$it" }
        assertTrue("10,001" in assertFailsWith<InputError> { terms(*numbers) }.problem)
    }

    @Test
    fun `ten thousand terms are found in a long text`() {
        val terms = terms(*Array(MAX_TERMS) { "word $it" })
        assertEquals(10_000, terms.spans("word 9999, ".repeat(10_000)).size)
    }
}
