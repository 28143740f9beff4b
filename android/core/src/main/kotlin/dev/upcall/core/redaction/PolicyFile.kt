package dev.upcall.core.redaction

import dev.upcall.core.InputError
import dev.upcall.core.RedactionError
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.CharBuffer
import java.nio.file.Files
import java.nio.file.Path

private val LISTS = listOf("deny_terms", "allow_terms", "phone_regions")
private val KEYS = listOf("actions", "unread_script") + LISTS

/**
 * What one user wants masked, as a policy file says it: actions by type, and the user's own words.
 *
 * @property policy an action for each type, what is not named is masked; and one for texts in scripts that no names are found in.
 * @property denyTerms the user's own words, always private. Left out of [toString].
 * @property allowTerms values that are never private, such as the names of public figures. Left out of [toString].
 * @property phoneRegions ISO 3166 codes whose national telephone numbers are looked for; null takes those of the rules.
 */
public class PolicyFile(
    public val policy: Policy = Policy(),
    public val denyTerms: List<String> = emptyList(),
    public val allowTerms: List<String> = emptyList(),
    public val phoneRegions: List<String>? = null,
) {
    /**
     * A detector with the lists of the file.
     *
     * @param moreDenyTerms more of the user's own words.
     * @param names finds names and addresses beside the rules; by default nothing does.
     * @throws InputError a term or a region is not acceptable, or a term is both denied and allowed.
     * @throws RedactionError the rules cannot be read.
     */
    public fun detector(moreDenyTerms: List<String> = emptyList(), names: NameFinder? = null): Detector = Detector(
        denyTerms = denyTerms + moreDenyTerms,
        allowTerms = allowTerms,
        phoneRegions = phoneRegions,
        names = names,
    )

    override fun toString(): String = "PolicyFile(policy=$policy, phoneRegions=$phoneRegions)"
}

/**
 * Reads a policy file: UTF-8 with or without a byte order mark, in it what [parsePolicy] reads.
 *
 * @throws InputError it cannot be read, is not UTF-8 or not JSON, or holds what a policy does not.
 */
public fun readPolicy(path: Path): PolicyFile {
    val bytes =
        try {
            Files.readAllBytes(path)
        } catch (error: IOException) {
            throw InputError(
                "The policy $path cannot be read (${error::class.java.simpleName}).",
                nextStep = "give a file that exists",
            )
        }
    return parsed(decoded(bytes, path).removePrefix("\uFEFF"), subject = "The policy $path")
}

/**
 * Reads the text of a policy: a JSON object such as `{"actions": {"SECRET": "block"}, "allow_terms": ["Ada Lovelace"]}`.
 *
 * @throws InputError it is not JSON, or holds what a policy does not: a key, type, action or list.
 */
public fun parsePolicy(text: String): PolicyFile = parsed(text, subject = "The policy")

private fun decoded(bytes: ByteArray, path: Path): String {
    val given = ByteBuffer.wrap(bytes)
    val text = CharBuffer.allocate(bytes.size)
    val result = Charsets.UTF_8.newDecoder().decode(given, text, true)
    if (result.isError) {
        throw InputError("The policy $path is not UTF-8 at byte ${given.position()}.", nextStep = "save it as UTF-8")
    }
    return String(text.array(), 0, text.position())
}

private fun parsed(text: String, subject: String): PolicyFile {
    PolicyScanner(text, subject).scan()
    val given = Json.parseToJsonElement(text) as? JsonObject
    val unknown = given?.keys?.minus(KEYS.toSet())?.minOrNull()
    if (given == null || unknown != null) {
        throw InputError(
            unknown?.let { "The policy holds an unknown key: ${quoted(it)}." } ?: "The policy is not a JSON object.",
            allowed = KEYS.joinToString(),
            nextStep = "write, for example, {\"actions\": {\"SECRET\": \"block\"}}",
        )
    }
    val actions = given["actions"]?.let(::actions).orEmpty()
    val lists = LISTS.associateWith { name -> given[name]?.let { texts(name, it) } }
    return PolicyFile(
        policy =
            Policy.parse(
                actions.mapValues { word(it.value) },
                unreadScript = given["unread_script"]?.let(::word) ?: Action.ALLOW.value,
            ),
        denyTerms = lists["deny_terms"].orEmpty(),
        allowTerms = lists["allow_terms"].orEmpty(),
        phoneRegions = lists["phone_regions"],
    )
}

private fun actions(given: JsonElement): JsonObject = given as? JsonObject ?: throw InputError(
    "The actions of the policy are not an object.",
    allowed = "such as {\"SECRET\": \"block\"}",
)

/** The text of a JSON string; of anything else its JSON, which is no action. */
private fun word(element: JsonElement): String =
    if (element is JsonPrimitive && element.isString) element.content else element.toString()

private fun texts(name: String, given: JsonElement): List<String> {
    val texts = (given as? JsonArray)?.map { item -> (item as? JsonPrimitive)?.takeIf { it.isString }?.content }
    return texts?.requireNoNulls(name) ?: throw noTexts(name)
}

private fun List<String?>.requireNoNulls(name: String): List<String> = map { it ?: throw noTexts(name) }

private fun noTexts(name: String) = InputError(
    "The $name of the policy are not a list of texts.",
    allowed = "such as [\"Project Heron\"]",
)

/** Refuses an object in which a key stands twice: of two actions for one type, neither can be meant more. */
private class PolicyScanner(private val text: String, private val subject: String) : JsonScanner(text) {
    private val keys = mutableListOf<MutableSet<String>>()

    override fun opened(isObject: Boolean) {
        keys.add(mutableSetOf())
    }

    override fun closed() {
        keys.removeLastOrNull()
    }

    override fun string(start: Int, end: Int, isKey: Boolean) {
        val key = if (isKey) unescape(text.substring(start, end)).text else return
        if (keys.last().add(key)) return
        val isKnown = key in KEYS || EntityType.entries.any { it.name == key }
        throw InputError(
            "${if (isKnown) "'$key'" else "A key"} stands twice in the policy.",
            nextStep = "keep the one that is meant",
        )
    }

    override fun refusal(problem: String) =
        InputError("$subject is $problem", allowed = "a JSON object, such as {\"actions\": {\"SECRET\": \"block\"}}")
}
