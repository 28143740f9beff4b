package dev.upcall.core.redaction

import dev.upcall.core.RedactionError
import dev.upcall.core.redaction.patterns.SearchPattern
import dev.upcall.core.redaction.structure.LONGEST_LABEL
import dev.upcall.core.redaction.structure.Labels
import dev.upcall.core.redaction.structure.Siblings
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.double
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

/**
 * The rules in the files of proto/rules.
 *
 * @param read gives a file by its name.
 * @throws RedactionError a file is missing or does not follow its schema.
 */
internal fun rulesFrom(read: (String) -> JsonObject): Rules = readingRules("The redaction rules") {
    val patterns = read("patterns.json")
    val credentials = read("credentials.json")
    val tables = read("tables.json")
    val iban = read("iban.json")
    val rules = patterns.objects("rules").map { Rule.of(it) } + credentialRules(credentials)
    Rules(
        version = patterns.text("rules_version"),
        patterns = rules,
        priority = patterns.texts("priority").map(EntityType::valueOf).withIndex().associate { it.value to it.index },
        exclude = patterns.objects("exclude").map(::lookAlikes),
        cardPrefixes = cardPrefixes(read("cards.json")),
        ibanLengths = iban.getValue("lengths").jsonObject.mapValues { it.value.jsonPrimitive.int },
        ibanNumeric = iban.texts("numeric").toSet(),
        phoneRegions = patterns.texts("phone_regions"),
        characters = CharacterTable.of(read("characters.json"), Unicode.unassigned),
        disguises = disguises(patterns.getValue("disguises").jsonObject),
        topLevelDomains = domains(read("domains.json")),
        labels = labels(tables, rules.mapNotNull { it.context }),
        siblings = siblings(tables.getValue("siblings").jsonObject),
        months = patterns.getValue("months").jsonArray.map { it.jsonArray.map { name -> name.jsonPrimitive.content } },
        termGap = SearchPattern(patterns.text("term_gap")),
        credentialValues = CredentialValues.of(credentials),
    )
}

private fun JsonObject.objects(key: String): List<JsonObject> = getValue(key).jsonArray.map { it.jsonObject }

private fun credentialRules(data: JsonObject): List<Rule> {
    val words = data.getValue("words").jsonObject.mapValues { it.value.jsonPrimitive.content }
    return data.objects("rules").map { Rule.of(it, expanded(it.text("pattern"), words)) }
}

private fun lookAlikes(entry: JsonObject): LookAlikes = LookAlikes(
    entry.texts("entity_types").map(EntityType::valueOf).toSet(),
    entry.texts("patterns").map(::SearchPattern),
    cuts = entry.getValue("cuts").jsonPrimitive.boolean,
)

/** Prefixes with the lengths of all brands that have them; a range stands for each number in it. */
private fun cardPrefixes(data: JsonObject): Map<String, Set<Int>> = buildMap<String, Set<Int>> {
    for (brand in data.objects("brands")) {
        val lengths = brand.getValue("lengths").jsonArray.map { it.jsonPrimitive.int }
        for (item in brand.texts("prefixes")) {
            for (prefix in item.substringBefore('-').toInt()..item.substringAfter('-', item).toInt()) {
                val key = prefix.toString()
                put(key, get(key).orEmpty() + lengths)
            }
        }
    }
}

private fun disguises(given: JsonObject): Disguises = Disguises(
    escape = SearchPattern(given.text("escape")),
    entities = given.getValue("entities").jsonObject.mapValues { it.value.jsonPrimitive.content },
    spelled = SearchPattern(given.text("spelled")),
    base64 = SearchPattern(given.text("base64")),
    hexadecimal = SearchPattern(given.text("hexadecimal")),
)

private fun domains(data: JsonObject): Set<String> =
    listOf("delegated", "international", "private").flatMap(data::texts).toHashSet()

private fun labels(tables: JsonObject, contexts: List<Context>): Labels {
    val given = tables.getValue("labels").jsonObject
    val weak = tables.texts("weak").toSet()
    val context =
        Context(
            (given.texts("words") + contexts.flatMap { it.begun }).distinct() - weak,
            (given.texts("whole_words") + contexts.flatMap { it.whole }).distinct() - weak,
            before = LONGEST_LABEL,
            after = 0,
        )
    return Labels(
        context::near,
        notPrivate = tables.texts("not_private"),
        general = tables.texts("general"),
        columns = tables.texts("columns"),
        makers = tables.texts("makers"),
        versions = tables.texts("versions"),
    )
}

private fun siblings(given: JsonObject): Siblings = Siblings(
    given.texts("entity_types").map(EntityType::valueOf).toSet(),
    given.getValue("fewest").jsonPrimitive.int,
    given.getValue("share").jsonPrimitive.double,
)
