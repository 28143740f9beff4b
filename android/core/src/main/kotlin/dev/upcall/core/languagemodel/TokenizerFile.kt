package dev.upcall.core.languagemodel

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

/** Reads a `tokenizer.json`: byte-pair encoding of bytes, or of characters with a fall-back to bytes. */
internal class TokenizerFile(json: String) {
    private val root = Json.parseToJsonElement(json).jsonObject
    private val model = root.getValue("model").jsonObject
    private val vocabulary: Map<String, Int> =
        model
            .getValue(
                "vocab",
            ).jsonObject
            .mapValues { it.value.jsonPrimitive.int }
    private val cuts = PreTokenizers(root.steps("pre_tokenizer", "pretokenizers"))
    private val normalise = normaliser(root.steps("normalizer", "normalizers"))
    private val listed = root["added_tokens"]?.jsonArray.orEmpty().map { it.jsonObject }
    private val added =
        listed.map { token ->
            AddedToken(
                id = token.getValue("id").jsonPrimitive.int,
                content = token.getValue("content").jsonPrimitive.content,
                isSpecial = token.flag("special"),
            )
        }

    /**
     * All that it says.
     *
     * @throws UnknownTokenizer it asks for something that is not known.
     * @throws IllegalArgumentException it is damaged.
     * @throws NoSuchElementException it is damaged.
     */
    fun read(): TokenizerParts {
        checkModel()
        checkAdded()
        val (late, early) = added.zip(listed).partition { (_, given) -> given.flag("normalized") }
        return TokenizerParts(
            vocabularySize = (vocabulary.keys + added.map { it.content }).size,
            special = added.filter { it.isSpecial },
            verbatim = early.map { it.first },
            normalised = late.map { (token, _) -> token.copy(content = normalise(token.content)) },
            normalise = normalise,
            splitters = cuts.splitters,
            symbols = symbols(),
            texts = texts(),
        )
    }

    private fun checkModel() {
        val type = model.text("type") ?: "BPE"
        if (type != "BPE") throw UnknownTokenizer("a model of type $type")
        for (option in listOf("continuing_subword_prefix", "end_of_word_suffix")) {
            if (!model.text(option).isNullOrEmpty()) throw UnknownTokenizer("a model with $option")
        }
        if ((model.text("dropout")?.toDouble() ?: 0.0) != 0.0) throw UnknownTokenizer("a model with dropout")
        require(vocabulary.values.all { it in 0..MAX_ID }) { "an id is negative or absurd" }
        val fallsBack = model.flag("byte_fallback")
        if (cuts.isByteLevel == fallsBack || (fallsBack && BYTES.any { byteToken(it) !in vocabulary })) {
            throw UnknownTokenizer("a vocabulary that does not hold every byte")
        }
    }

    private fun checkAdded() {
        val ids = HashMap<String, Int>()
        var highest = -1
        for ((token, given) in added.zip(listed)) {
            require(token.content.isNotEmpty()) { "an added token is empty" }
            // The package tokenizers gives them the next free ids, whatever the file says.
            val id = ids.getOrPut(token.content) { vocabulary[token.content] ?: maxOf(vocabulary.size, highest + 1) }
            if (id != token.id) throw UnknownTokenizer("an added token whose id is ${token.id} in place of $id")
            highest = maxOf(highest, id)
            if (!token.isSpecial && listOf("lstrip", "rstrip", "single_word").any { given.flag(it) }) {
                throw UnknownTokenizer("an added token that looks at what is beside it")
            }
        }
    }

    private fun symbols(): Symbols {
        val ofBytes =
            IntArray(BYTES.count()) { byte ->
                vocabulary[if (cuts.isByteLevel) "${ByteAlphabet.letters[byte]}" else byteToken(byte)] ?: NO_TOKEN
            }
        val unknown = model.text("unk_token")
        if (NO_TOKEN in ofBytes && unknown != null && unknown !in vocabulary) {
            throw UnknownTokenizer("a token for the unknown that is not in the vocabulary")
        }
        val characters = vocabulary.filterKeys { it.isNotEmpty() && it.codePointCount(0, it.length) == 1 }
        return Symbols(
            ofBytes = ofBytes,
            ofPoints = if (cuts.isByteLevel) null else characters.mapKeys { it.key.codePointAt(0) },
            unknown = vocabulary[unknown] ?: NO_TOKEN,
            fusesUnknown = model.flag("fuse_unk"),
            whole = if (model.flag("ignore_merges")) whole() else null,
            merges = merges(),
        )
    }

    /** Ids by the words that they are alone. */
    private fun whole(): Map<String, Int> {
        if (!cuts.isByteLevel) return vocabulary
        return vocabulary.entries.mapNotNull { (token, id) -> utf8OrNull(ByteAlphabet.bytes(token))?.to(id) }.toMap()
    }

    private fun merges(): Merges {
        val pairs = model.getValue("merges").jsonArray
        val merges = Merges(pairs.size)
        for ((rank, given) in pairs.withIndex()) {
            val pair = (given as? JsonArray)?.map { it.jsonPrimitive.content } ?: given.jsonPrimitive.content.split(' ')
            require(pair.size == 2) { "a merge is not of two tokens" }
            val (left, right) = pair
            merges.put(vocabulary.getValue(left), vocabulary.getValue(right), rank, vocabulary.getValue(left + right))
        }
        return merges
    }

    private fun texts(): TokenTexts {
        val decoders = Decoders(root.steps("decoder", "decoders"), cuts.isByteLevel)
        val all = vocabulary + added.associate { it.content to it.id }
        val bytes = arrayOfNulls<ByteArray>((all.values.maxOrNull() ?: NO_TOKEN) + 1)
        val areBytes = if (cuts.isByteLevel) null else BooleanArray(bytes.size)
        for ((token, id) in all) {
            bytes[id] = decoders.bytes(token)
            areBytes?.set(id, decoders.isByte(token))
        }
        return TokenTexts(bytes, areBytes)
    }

    private companion object {
        val BYTES = 0..0xFF
        const val NO_TOKEN = -1
        const val MAX_ID = (1 shl 24) - 1
    }
}
