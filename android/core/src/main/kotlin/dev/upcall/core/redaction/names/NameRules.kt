package dev.upcall.core.redaction.names

import dev.upcall.core.redaction.CodePointSet
import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.HEXADECIMAL
import dev.upcall.core.redaction.RuleFiles
import dev.upcall.core.redaction.patterns.SearchPattern
import dev.upcall.core.redaction.readingRules
import dev.upcall.core.redaction.text
import dev.upcall.core.redaction.texts
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.double
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

/**
 * Everything in proto/rules/names.json; the meaning of each field stands in proto/schema/rules_names.schema.json.
 *
 * @throws RuntimeException the file does not follow its schema.
 */
internal class NameRules(data: JsonObject) {
    val version = data.text("names_version")
    val windowCharacters = data.part("window").number("characters")
    val windowOverlap = data.part("window").number("overlap")
    val labels: Map<String, EntityType?> =
        data.part("labels").mapValues { (_, kind) ->
            if (kind is JsonNull) null else EntityType.valueOf(kind.jsonPrimitive.content)
        }
    val thresholds = Thresholds(data.part("thresholds"))
    val gapCharacters = data.part("address_gap").number("characters")
    val gapWords = data.part("address_gap").number("words")
    val addressForms = data.patterns("address_forms")
    val honorifics = data.set("honorifics")
    val particles = data.set("particles")
    val organisationSuffixes = data.set("organisation_suffixes")
    val commonWords = data.set("common_words")
    val countries = data.set("countries")
    val postcodeWords = data.texts("postcode_words")
    val streetWords = data.set("street_words")
    val identifierWords = data.texts("identifier_words")
    val countedWords = data.set("counted_words")
    val evidence = EvidenceLimits(data.part("evidence"))
    val givenNames = data.set("given_names")
    val publicNames = data.set("public_names")
    val everydayWords = data.set("everyday_words")
    val personWords = data.set("person_words")
    val personalWords = data.set("personal_words")
    val residenceWords = data.set("residence_words")
    val streetEndings = data.texts("street_endings")
    val questionWords = data.set("question_words")
    val personVerbs = data.set("person_verbs")
    val publicBefore = data.set("public_before")
    val publicBehind = data.set("public_behind")
    val eponymHeads = data.set("eponym_heads")
    val codeLines = data.patterns("code_lines")
    val cueScore = data.getValue("cue_score").jsonPrimitive.double
    val unreadScripts =
        CodePointSet(
            data.getValue("unread_scripts").jsonArray.map { script ->
                val (low, high) = script.jsonArray.drop(1).map { it.jsonPrimitive.content.toInt(HEXADECIMAL) }
                low..high
            },
        )
    val nameForms = data.patterns("name_forms")
    val homeFolders = data.patterns("home_folders")
    val genericAccounts = data.set("generic_accounts")
}

/**
 * What the model's mass on all private labels together must exceed, 0 to 1, for a word to be private.
 *
 * @property name capitalised words; all words of a text without a capital letter or without a small one.
 * @property first words that begin a sentence and are likeliest a name of a person, where capitals say something; and
 *   common words.
 * @property lower words of small letters in texts with both.
 * @property number words with a digit.
 * @property identifier words whose likeliest label is one that rules find too: numbers of accounts, papers, telephones.
 * @property beside words that touch a found word of the same type.
 */
internal class Thresholds(data: JsonObject) {
    val name = data.share("name")
    val first = data.share("first")
    val lower = data.share("lower")
    val number = data.share("number")
    val identifier = data.share("identifier")
    val beside = data.share("beside")
}

/**
 * How much must speak for a private person, and how near to a name it must stand.
 *
 * @property cueWords words before a name in which a cue such as "dear" may stand.
 * @property residenceWords words before a place in which one such as "live" may stand.
 * @property phraseWords most words of a public name.
 * @property addressWords fewest words of an address without a word for a street.
 * @property address the mass that such an address must exceed.
 * @property cue what the mass of a name must exceed with a cue, unless it is a given name.
 * @property pair what the mass of a name of several words must exceed without a cue, where nothing is asked.
 * @property alone what that of one word must exceed without a cue, in a text that is no question.
 * @property aloneSmall the same where a text has small letters only.
 * @property question the same as alone in a question or an order.
 * @property given what that of a given name must exceed there.
 * @property place what that of a place must exceed without a word such as "live", in a text that is no question.
 * @property personal what that of a name that may be an everyday word must exceed in a text about people.
 */
internal class EvidenceLimits(data: JsonObject) {
    val cueWords = data.number("cue_words")
    val residenceWords = data.number("residence_words")
    val phraseWords = data.number("phrase_words")
    val addressWords = data.number("address_words")
    val cue = data.share("cue")
    val pair = data.share("pair")
    val alone = data.share("alone")
    val aloneSmall = data.share("alone_small")
    val question = data.share("question")
    val given = data.share("given")
    val place = data.share("place")
    val personal = data.share("personal")
    val address = data.share("address")
}

private val loaded by lazy { readingRules("The rules for names") { NameRules(RuleFiles.read("names.json")) } }

/**
 * The rules for names that come with this version, read once for the process.
 *
 * @throws dev.upcall.core.RedactionError the file is missing or does not follow its schema.
 */
internal fun loadNameRules(): NameRules = loaded

private fun JsonObject.set(key: String): Set<String> = texts(key).toHashSet()

private fun JsonObject.patterns(key: String): List<SearchPattern> = texts(key).map(::SearchPattern)

private fun JsonObject.share(key: String): Double = getValue(key).jsonPrimitive.double

private fun JsonObject.number(key: String): Int = getValue(key).jsonPrimitive.int

private fun JsonObject.part(key: String): JsonObject = getValue(key).jsonObject
