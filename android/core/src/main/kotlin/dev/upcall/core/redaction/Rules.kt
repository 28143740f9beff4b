package dev.upcall.core.redaction

import dev.upcall.core.RedactionError
import dev.upcall.core.redaction.patterns.SearchPattern
import dev.upcall.core.redaction.structure.Labels
import dev.upcall.core.redaction.structure.Siblings

/**
 * Text that only looks like something private.
 *
 * @property entityTypes what it is not.
 * @property patterns of it.
 * @property cuts whether no finding may reach into it; otherwise none may lie inside it.
 */
internal class LookAlikes(val entityTypes: Set<EntityType>, val patterns: List<SearchPattern>, val cuts: Boolean)

/**
 * The detection rules: data that every language shares, compiled.
 *
 * @property version of the data, as reported to the service.
 * @property patterns in the order of the file.
 * @property priority rank of each type where equally long spans overlap, lower wins.
 * @property exclude text that only looks like a number of some types (dates, UUIDs, coordinates, versions).
 * @property cardPrefixes issuer prefix to the lengths issued, digits.
 * @property ibanLengths country to length, characters.
 * @property ibanNumeric countries whose accounts are digits only.
 * @property phoneRegions regions whose national numbers are looked for by default, ISO 3166 alpha-2.
 * @property characters for the shadow copy.
 * @property disguises patterns of escapes, spelled-out and encoded text.
 * @property topLevelDomains in lower case, Unicode for the international ones.
 * @property labels of columns, lists and keys, which stand for the context of their values.
 * @property siblings when the other values of a column are what some were found to be.
 * @property months for January to December, lower-case beginnings of their names.
 * @property termGap matches what may stand in a text where a term of the user has a blank.
 * @property credentialValues what a value beside a word such as "password" is not.
 */
internal class Rules(
    val version: String,
    val patterns: List<Rule>,
    val priority: Map<EntityType, Int>,
    val exclude: List<LookAlikes>,
    val cardPrefixes: Map<String, Set<Int>>,
    val ibanLengths: Map<String, Int>,
    val ibanNumeric: Set<String>,
    val phoneRegions: List<String>,
    val characters: CharacterTable,
    val disguises: Disguises,
    val topLevelDomains: Set<String>,
    val labels: Labels,
    val siblings: Siblings,
    val months: List<List<String>>,
    val termGap: SearchPattern,
    val credentialValues: CredentialValues,
) {
    val prefilter: Prefilter = Prefilter(patterns)
}

private val loaded by lazy { rulesFrom(RuleFiles::read) }

/**
 * The rules that come with this version, read and compiled once for the process.
 *
 * @throws RedactionError a file is missing or does not follow its schema.
 */
internal fun loadRules(): Rules = loaded
