package dev.upcall.core.redaction

import dev.upcall.core.redaction.identifiers.Network
import dev.upcall.core.redaction.patterns.SearchPattern
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.double
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

/** One pattern with its gates; the meaning of each property stands in proto/schema/rules_patterns.schema.json. */
internal class Rule(
    val name: String,
    val entityType: EntityType,
    val pattern: SearchPattern,
    val validator: String,
    val scheme: String,
    val keywords: List<String>,
    val digits: Int,
    val edges: String,
    val alone: Boolean,
    val context: Context?,
    val needsContext: Boolean,
    val notAfter: List<String>,
    val notAfterUnless: List<String>,
    val notPrivate: List<String>,
    val needs: Set<String>,
    val minLength: Int,
    val minEntropy: Double,
) {
    /** The networks of [notPrivate], where it lists such. */
    val networks: List<Network> by lazy { notPrivate.map(Network::of) }

    /** Words of which one must stand in a text that the rule is tried on; empty where it is tried on every text. */
    val words: List<String> get() = keywords.ifEmpty { if (needsContext) context?.words.orEmpty() else emptyList() }

    /** Whether one of the words of the rule stands near [start, end). */
    fun hasContext(text: String, start: Int, end: Int): Boolean = context?.near(text, start, end) == true

    companion object {
        /**
         * From an entry of a file.
         *
         * @param pattern of the entry, with the names of words in it replaced.
         * @throws RuntimeException it does not follow its schema.
         */
        fun of(entry: JsonObject, pattern: String = entry.text("pattern")): Rule = Rule(
            name = entry.text("name"),
            entityType = EntityType.valueOf(entry.text("entity_type")),
            pattern = SearchPattern(pattern),
            validator = entry.text("validator"),
            scheme = entry["scheme"]?.jsonPrimitive?.content.orEmpty(),
            keywords = entry.optionalTexts("keywords"),
            digits = entry["digits"]?.jsonPrimitive?.int ?: 0,
            edges = entry["edges"]?.jsonPrimitive?.content ?: "both",
            alone = entry["alone"]?.jsonPrimitive?.boolean ?: false,
            context = entry["context"]?.jsonObject?.let(::contextOf),
            needsContext = entry["needs_context"]?.jsonPrimitive?.boolean ?: false,
            notAfter = entry.optionalTexts("not_after"),
            notAfterUnless = entry.optionalTexts("not_after_unless"),
            notPrivate = entry.optionalTexts("not_private"),
            needs = entry.optionalTexts("needs").toSet(),
            minLength = entry["min_length"]?.jsonPrimitive?.int ?: 1,
            minEntropy = entry["min_entropy"]?.jsonPrimitive?.double ?: 0.0,
        )

        private fun contextOf(entry: JsonObject): Context = Context(
            entry.optionalTexts("words"),
            entry.optionalTexts("whole_words"),
            before = entry.getValue("before").jsonPrimitive.int,
            after = entry.getValue("after").jsonPrimitive.int,
        )
    }
}
