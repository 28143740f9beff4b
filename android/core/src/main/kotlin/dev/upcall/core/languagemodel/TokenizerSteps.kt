package dev.upcall.core.languagemodel

import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.text.Normalizer

/** A `tokenizer.json` asks for something that is not known, so its ids would be others than those a model was trained on. */
internal class UnknownTokenizer(what: String) : Exception(what)

/** What a tokenizer changes in a text before all else. */
internal fun normaliser(steps: List<JsonObject>): (String) -> String {
    val changes =
        steps.map<JsonObject, (String) -> String> { step ->
            when (val type = step.text("type")) {
                "NFC" -> { text -> Normalizer.normalize(text, Normalizer.Form.NFC) }
                "Replace" -> {
                    val (from, to) = step.replacement();
                    { text -> text.replace(from, to) }
                }
                else -> throw UnknownTokenizer("a normaliser of type $type")
            }
        }
    return { text -> changes.fold(text) { changed, change -> change(changed) } }
}

/** How a tokenizer cuts a text into words, and whether it then writes these in the letters of [ByteAlphabet]. */
internal class PreTokenizers(steps: List<JsonObject>) {
    val isByteLevel: Boolean = steps.lastOrNull()?.text("type") == "ByteLevel"
    val splitters: List<Splitter> =
        steps.mapIndexedNotNull { index, step ->
            when (val type = step.text("type")) {
                "Digits" -> DigitRuns(areSingle = step.flag("individual_digits"))
                "Split" -> splitter(step)
                "ByteLevel" -> {
                    if (index < steps.lastIndex) throw UnknownTokenizer("a pre-tokenizer after ByteLevel")
                    if (step.flag("add_prefix_space")) throw UnknownTokenizer("a space added before every text")
                    Gpt2Words.takeIf { step.flag("use_regex", default = true) }
                }
                else -> throw UnknownTokenizer("a pre-tokenizer of type $type")
            }
        }

    private fun splitter(step: JsonObject): Splitter {
        val pattern = step.getValue("pattern").jsonObject
        val literal = pattern.text("String")
        val behavior = step.text("behavior")
        if (!step.flag("invert")) {
            if (behavior == "Isolated") {
                KNOWN_PATTERNS[pattern.text("Regex")]?.let { return it }
            }
            if (!literal.isNullOrEmpty() && behavior in setOf("Isolated", "MergedWithPrevious")) {
                return LiteralSplitter(literal, isMerged = behavior == "MergedWithPrevious")
            }
        }
        throw UnknownTokenizer("a pre-tokenizer that splits in a way that is not known")
    }

    private companion object {
        const val GPT2 = """'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
        const val BEFORE_DIGITS = """(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"""
        const val AFTER_DIGITS = """| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
        val KNOWN_PATTERNS =
            mapOf(
                GPT2 to Gpt2Words,
                BEFORE_DIGITS + """\p{N}""" + AFTER_DIGITS to Cl100kWords(digits = 1), // Qwen
                BEFORE_DIGITS + """\p{N}{1,3}""" + AFTER_DIGITS to Cl100kWords(digits = 3), // Llama 3
            )
    }
}

/** What a token says, and whether it is a byte of a tokenizer that falls back to bytes. */
internal class Decoders(steps: List<JsonObject>, private val isByteLevel: Boolean) {
    private val replacements: List<Pair<String, String>>

    init {
        val types = steps.map { it.text("type") }
        val last = if (isByteLevel) listOf("ByteLevel") else listOf("ByteFallback", "Fuse")
        val earlier = steps.dropLast(last.size)
        val areKnown = types.takeLast(last.size) == last && earlier.all { !isByteLevel && it.text("type") == "Replace" }
        if (!areKnown) throw UnknownTokenizer("a decoder of $types")
        replacements = earlier.map { it.replacement() }
    }

    fun bytes(token: String): ByteArray = when {
        isByteLevel -> ByteAlphabet.bytes(token)
        isByte(token) -> byteArrayOf(token.substring(3, 5).toInt(16).toByte())
        else -> replacements.fold(token) { text, (from, to) -> text.replace(from, to) }.encodeToByteArray()
    }

    fun isByte(token: String): Boolean = !isByteLevel && token.length == BYTE_TOKEN_LENGTH && token.startsWith("<0x") &&
        token.endsWith('>') && token.substring(3, 5).all { it in '0'..'9' || it in 'a'..'f' || it in 'A'..'F' }

    private companion object {
        const val BYTE_TOKEN_LENGTH = 6
    }
}

/** The token of a byte, of a tokenizer that falls back to bytes. */
internal fun byteToken(byte: Int): String = "<0x${byte.toString(16).uppercase().padStart(2, '0')}>"

/** The steps of a part of a `tokenizer.json`, which may be absent, one, or a sequence whose steps stand under [inside]. */
internal fun JsonObject.steps(key: String, inside: String): List<JsonObject> = steps(get(key), inside)

private fun steps(given: JsonElement?, inside: String): List<JsonObject> {
    if (given == null || given is JsonNull) return emptyList()
    val step = given.jsonObject
    if (step.text("type") != "Sequence") return listOf(step)
    return step.getValue(inside).jsonArray.flatMap { steps(it, inside) }
}

internal fun JsonObject.text(key: String): String? = get(key)?.takeIf { it !is JsonNull }?.jsonPrimitive?.content

internal fun JsonObject.flag(key: String, default: Boolean = false): Boolean =
    get(key)?.takeIf { it !is JsonNull }?.jsonPrimitive?.boolean ?: default

private fun JsonObject.replacement(): Pair<String, String> {
    val from = getValue("pattern").jsonObject.text("String")
    if (from.isNullOrEmpty()) throw UnknownTokenizer("a replacement by a pattern")
    return from to getValue("content").jsonPrimitive.content
}
