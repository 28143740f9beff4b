package dev.upcall.core.redaction

import dev.upcall.core.conformance.list
import dev.upcall.core.conformance.suite
import dev.upcall.core.conformance.text
import dev.upcall.core.redaction.identifiers.CRYPTO_ADDRESSES
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.CsvSource
import org.junit.jupiter.params.provider.ValueSource
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertSame
import kotlin.test.assertTrue

class RulesTest {
    private val rules = loadRules()
    private val context = Context(listOf("tel", "home tel "), listOf("age"), before = 12, after = 6)

    @Test
    fun `loaded rules are those of the files`() {
        val entries = listOf("patterns.json", "credentials.json").flatMap { RuleFiles.read(it).list("rules") }
        assertEquals(entries.map { it.jsonObject.text("name") }, rules.patterns.map { it.name })
        assertEquals(EntityType.entries.toSet(), rules.priority.keys)
        assertEquals(CHECKS.keys, rules.patterns.map { it.validator }.toSet())
        val schemes = rules.patterns.filter { it.validator == "scheme" }.map { it.scheme }.toSet()
        assertEquals(SCHEMES.keys + CRYPTO_ADDRESSES.keys, schemes)
        assertTrue(rules.patterns.none { it.needsContext && it.context == null })
        assertSame(rules, loadRules())
    }

    @Test
    fun `domains are those that end an address`() {
        assertTrue(rules.topLevelDomains.containsAll(listOf("com", "de", "рф", "xn--p1ai", "local", "example")))
        assertTrue(listOf("png", "tar", "jpg", "txt").none { it in rules.topLevelDomains })
    }

    @ParameterizedTest
    @ValueSource(
        strings = [
            "tel 1", "Tel: 1", "(tel)1", "userTel 1", "telefon 1", "my\ntel\n1", "été tel 1",
            "HOME-TEL 1", "home tel: 1",
        ],
    )
    fun `context begins a word`(text: String) {
        assertTrue(context.near(text, text.length - 1, text.length))
    }

    @ParameterizedTest
    @ValueSource(strings = ["hotel 1", "1tel 1", "étel 1", "aged 1", "page 1", "tel far from the number 1", "hometel1"])
    fun `no context inside a word, or far away`(text: String) {
        assertFalse(context.near(text, text.length - 1, text.length))
    }

    @ParameterizedTest
    @CsvSource("age 1, true", "AGE:1, true", "ages 1, false", "1 age, true", "1 ages, false")
    fun `whole words`(text: String, isNear: Boolean) {
        val place = text.indexOf('1')
        assertEquals(isNear, context.near(text, place, place + 1))
    }

    @Test
    fun `context is counted in characters`() {
        assertTrue(context.near("tel 😀😀😀😀😀😀😀😀1", 20, 21))
        assertFalse(context.near("tel 😀😀😀😀😀😀😀😀😀1", 22, 23))
    }

    @Test
    fun `the prefilter never leaves out a rule that has its words and matches`() {
        for (case in listOf("redaction", "redaction_detect").flatMap { suite(it).list("detect") }) {
            val text = withoutSurrogates(case.jsonObject.text("text")!!)
            val kept = rules.prefilter.candidates(text).toSet()
            val lower = Unicode.lower(text)
            for (rule in rules.patterns) {
                val isWanted =
                    rule.digits <= text.count { it in '0'..'9' } &&
                        (rule.words.isEmpty() || rule.words.any { it in lower })
                assertTrue(!isWanted || rule in kept || !rule.pattern.isIn(text), rule.name)
            }
        }
    }

    @Test
    fun `the prefilter sees every keyword in a long text, and counts digits`() {
        val words = rules.patterns.flatMap { it.keywords }
        val text = words.joinToString(" ") + " 0123456789 0123456789" + " filler".repeat(100_000)
        val kept = rules.prefilter.candidates(text)
        assertEquals(rules.patterns.filter { it.keywords.isNotEmpty() }, kept.filter { it.keywords.isNotEmpty() })
        assertTrue(rules.prefilter.candidates("only words").none { it.digits > 0 })
    }
}
