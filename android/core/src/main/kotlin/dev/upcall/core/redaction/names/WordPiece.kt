package dev.upcall.core.redaction.names

import dev.upcall.core.RedactionError
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

/**
 * Cuts a text into pieces of words that a name model knows, in small letters and without accents. May be shared between
 * threads.
 *
 * The marks of the model itself, such as `[MASK]`, are plain text in a text.
 *
 * Vectors: proto/vectors/names_tokenizer.json.
 *
 * @param file the bytes of a `tokenizer.json` with a WordPiece model and the normalizer of uncased BERT models.
 * @throws RedactionError it is another file.
 */
public class WordPiece(file: ByteArray) {
    private val unknown: Int
    private val first: Int
    private val last: Int
    private val mostCharacters: Int
    private val beginnings: Map<String, Int>
    private val continuations: Map<String, Int>
    private val longest: Int

    init {
        try {
            val tokenizer = Json.parseToJsonElement(file.decodeToString(throwOnInvalidSequence = true)).jsonObject
            checkKind(tokenizer)
            val model = tokenizer.part("model")
            val prefix = model.getValue("continuing_subword_prefix").jsonPrimitive.content
            val vocabulary = model.part("vocab").mapValues { (_, id) -> id.jsonPrimitive.int }
            unknown = vocabulary.getValue(model.getValue("unk_token").jsonPrimitive.content)
            first = vocabulary.getValue("[CLS]")
            last = vocabulary.getValue("[SEP]")
            mostCharacters = model.getValue("max_input_chars_per_word").jsonPrimitive.int
            beginnings = vocabulary
            continuations = vocabulary.filterKeys { it.startsWith(prefix) }.mapKeys { it.key.removePrefix(prefix) }
            longest = vocabulary.keys.maxOf { it.length }
        } catch (error: Exception) {
            // whatever the parser and the casts throw for another file
            val cause = error::class.java.simpleName
            throw RedactionError(
                "The tokenizer of the name model cannot be read ($cause).",
                nextStep = "upcall pull rampart --verify",
            )
        }
    }

    /**
     * A text as a model takes it.
     *
     * @property ids of the mark of the beginning, of the pieces, and of the mark of the end.
     * @property starts where each piece begins in the text, in UTF-16 code units; the two marks stand nowhere.
     * @property ends where each piece ends, exclusive.
     */
    public class Encoding(public val ids: LongArray, public val starts: IntArray, public val ends: IntArray)

    private class Pieces {
        val ids = ArrayList<Long>()
        val starts = ArrayList<Int>()
        val ends = ArrayList<Int>()
        val size: Int get() = starts.size

        fun add(id: Int, start: Int, end: Int) {
            ids.add(id.toLong())
            starts.add(start)
            ends.add(end)
        }

        fun cut(size: Int) {
            while (this.size > size) for (list in listOf(ids, starts, ends)) list.removeAt(list.lastIndex)
        }
    }

    /**
     * The pieces of a text.
     *
     * @param text of any length.
     */
    public fun encode(text: String): Encoding {
        val plain = WordPieceText(text)
        val pieces = Pieces()
        pieces.ids.add(first.toLong())
        var index = 0
        while (index < plain.length) {
            val point = plain.codePointAt(index)
            var end = index + Character.charCount(point)
            if (point != SPACE) {
                if (!WordPieceCharacters.isPunctuation(point)) end = wordEnd(plain, end)
                addWord(plain, index, end, pieces)
            }
            index = end
        }
        pieces.ids.add(last.toLong())
        return Encoding(pieces.ids.toLongArray(), pieces.starts.toIntArray(), pieces.ends.toIntArray())
    }

    private fun wordEnd(plain: WordPieceText, from: Int): Int {
        var end = from
        while (end < plain.length) {
            val point = plain.codePointAt(end)
            if (point == SPACE || WordPieceCharacters.isPunctuation(point)) break
            end += Character.charCount(point)
        }
        return end
    }

    private fun addWord(plain: WordPieceText, start: Int, end: Int, pieces: Pieces) {
        val before = pieces.size
        if (plain.codePointCount(start, end) > mostCharacters || !addKnown(plain, start, end, pieces)) {
            pieces.cut(before)
            pieces.add(unknown, plain.start(start), plain.end(end - 1))
        }
    }

    /** The longest piece that is known, then the longest that goes on from there; false where none does to the end. */
    private fun addKnown(plain: WordPieceText, start: Int, end: Int, pieces: Pieces): Boolean {
        var from = start
        while (from < end) {
            val known = if (from == start) beginnings else continuations
            val to =
                (minOf(end, from + longest) downTo from + 1).firstOrNull { plain.substring(from, it) in known }
                    ?: return false
            pieces.add(known.getValue(plain.substring(from, to)), plain.start(from), plain.end(to - 1))
            from = to
        }
        return true
    }

    private companion object {
        const val SPACE = ' '.code

        fun JsonObject.part(key: String) = getValue(key).jsonObject

        fun checkKind(tokenizer: JsonObject) {
            fun type(key: String) = tokenizer.part(key).getValue("type").jsonPrimitive.content
            val normalizer = tokenizer.part("normalizer")
            val strips = normalizer.getValue("strip_accents").let { it is JsonNull || it.jsonPrimitive.boolean }
            val does =
                listOf("clean_text", "handle_chinese_chars", "lowercase")
                    .all { normalizer.getValue(it).jsonPrimitive.boolean }
            require(type("model") == "WordPiece" && type("pre_tokenizer") == "BertPreTokenizer")
            require(type("normalizer") == "BertNormalizer" && does && strips)
        }
    }
}
