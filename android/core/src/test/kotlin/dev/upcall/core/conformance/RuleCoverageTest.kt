package dev.upcall.core.conformance

import dev.upcall.core.redaction.Detector
import dev.upcall.core.redaction.loadRules
import dev.upcall.core.redaction.withoutSurrogates
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import java.nio.file.Files
import kotlin.test.Test
import kotlin.test.assertEquals

/** Every rule is fired by some vector, and tried on some other without a finding. */
class RuleCoverageTest {
    @Test
    fun `every rule is fired and refused`() {
        val rules = loadRules()
        val detector = Detector()
        val fired = mutableSetOf<String>()
        val refused = mutableSetOf<String>()
        for (text in texts()) {
            val found = detector.claims(text).map { it.detector }.toSet()
            fired += found
            // A rule without words is tried on every text, so it counts where its pattern is there.
            refused += rules.prefilter
                .candidates(text)
                .filter { it.words.isNotEmpty() || it.pattern.isIn(text) }
                .map { it.name } - found
        }
        val names = rules.patterns.map { it.name }
        assertEquals(emptyList(), names - fired, "no vector fires them")
        assertEquals(emptyList(), names - refused, "no vector has their words and nothing for them to find")
    }

    private fun texts(): List<String> {
        val suites = Files.list(proto.resolve("vectors")).use { files -> files.map { it.fileName.toString() }.toList() }
        return suites
            .filter { it.endsWith(".json") }
            .sorted()
            .flatMap { suite(it.removeSuffix(".json"))["detect"]?.jsonArray.orEmpty() }
            .map { withoutSurrogates(it.jsonObject.text("text")!!) }
    }
}
