package dev.upcall.core.redaction.patterns

import com.google.re2j.Pattern
import com.google.re2j.PatternSyntaxException
import dev.upcall.core.conformance.list
import dev.upcall.core.conformance.proto
import dev.upcall.core.conformance.suite
import dev.upcall.core.conformance.text
import dev.upcall.core.redaction.Place
import dev.upcall.core.redaction.loadRules
import dev.upcall.core.redaction.withoutSurrogates
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource
import java.nio.file.Files
import java.util.concurrent.CompletableFuture
import kotlin.random.Random
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

class SearchPatternTest {
    private val rules = loadRules()
    private val patterns = rules.patterns.map { it.pattern } + rules.exclude.flatMap { it.patterns }

    @Test
    fun `every pattern of the rules finds what the library finds`() {
        val texts =
            listOf("redaction", "redaction_detect", "redaction_credentials", "redaction_rules")
                .flatMap { suite(it).list("detect") }
                .map { withoutSurrogates(it.jsonObject.text("text")!!) }
        // Few long texts, as many matches then lie in one, near each other and at its ends.
        for (text in texts.chunked(40).map { it.joinToString("\n") }) patterns.forEach { assertAgrees(it, text) }
    }

    @ParameterizedTest
    @ValueSource(
        strings = [
            "a", "^a", "(?m)^a", "a$", "(?m)a$", "(?m)^a$", "ab|a", "a{2,3}", "(?:^|[^a])b+(?:[^b]|$)", "[^\\x00b]*c",
            "a.c", "(?s)a.c", "a{0,40}b", "(a)|(b)c", "(?i)ks", "(?i:a)B", "\\s\\S", "[\\s-]a", "[]a-]b", "a{,2}",
            "é+|😀b", "a{3}|a{2,}b", "(?:a|b){2,40}c", "(?m)(?:^|c)a{1,}?$",
        ],
    )
    fun `a pattern finds what the library finds in texts that nearly match`(source: String) {
        val random = Random(source.hashCode())
        val pattern = SearchPattern(source)
        repeat(2_000) {
            val text = List(random.nextInt(14)) { PIECES[random.nextInt(PIECES.size)] }.joinToString("")
            assertAgrees(pattern, text)
        }
    }

    @Test
    fun `a text that needs more states than it has characters is searched nevertheless`() {
        val random = Random(1)
        val pattern = SearchPattern("(?:a[ab]{20}|b[ab]{19}a)c")
        val text = String(CharArray(20_000) { if (random.nextInt(40) == 0) 'c' else "ab"[random.nextInt(2)] })
        assertAgrees(pattern, text)
    }

    @Test
    fun `several threads may share a pattern`() {
        val pattern = SearchPattern("(?:[a-z]{3,9}[0-9])+x")
        val text = Files.readString(proto.resolve("vectors/redaction_detect.json"))
        val expected = pattern.places(text)
        val fresh = SearchPattern(pattern.source)
        val found = List(4) { CompletableFuture.supplyAsync { fresh.places(text) } }
        assertEquals(List(4) { expected }, found.map { it.get() })
    }

    @Test
    fun `a pattern with an error is refused`() {
        assertFailsWith<PatternSyntaxException> { SearchPattern("a(") }
        assertFailsWith<IllegalArgumentException> { SearchPattern("(?m)^a*$") }
    }

    private fun assertAgrees(pattern: SearchPattern, text: String) {
        val match = Pattern.compile(pattern.source).matcher(text)
        val places = mutableListOf<Place>()
        val values = mutableListOf<Place>()
        while (match.find()) {
            places.add(Place(match.start(), match.end()))
            val group = (1..match.groupCount()).firstOrNull { match.start(it) >= 0 } ?: 0
            values.add(Place(match.start(group), match.end(group)))
        }
        assertEquals(places, pattern.places(text), pattern.source)
        assertEquals(values, pattern.values(text), pattern.source)
        assertEquals(places.isNotEmpty(), pattern.isIn(text), pattern.source)
    }

    private companion object {
        val PIECES = listOf("a", "b", "c", "A", "B", "k", "\u212A", "ſ", "\n", " ", "-", "é", "😀", "{,2}", "]")
    }
}
