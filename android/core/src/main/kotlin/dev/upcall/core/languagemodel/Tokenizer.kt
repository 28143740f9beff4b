package dev.upcall.core.languagemodel

import dev.upcall.core.BundleError
import java.io.IOException
import java.nio.file.Files
import java.nio.file.Path

/**
 * Text to token ids and back, by byte-pair encoding, as a bundle's `tokenizer.json` says.
 *
 * Special tokens are recognised in template pieces only, so that no message can forge one. Safe for several threads.
 */
public class Tokenizer internal constructor(private val parts: TokenizerParts) {
    private val special = AddedTokens(parts.special, takesSpecial = true)
    private val verbatim = AddedTokens(parts.verbatim, takesSpecial = false)
    private val normalised = AddedTokens(parts.normalised, takesSpecial = false)
    private val specialIds = parts.special.mapTo(HashSet()) { it.id }

    /** Ids run from 0 to this, exclusive. */
    public val vocabularySize: Int get() = parts.vocabularySize

    /** Token ids of a rendered conversation. Text between two special tokens is encoded as one string. */
    public fun encode(pieces: List<Piece>): IntArray {
        val ids = IntList()
        val pending = StringBuilder()

        fun flush() {
            encode(pending.toString(), ids)
            pending.clear()
        }
        for (piece in pieces) {
            if (!piece.isTemplate) {
                pending.append(piece.text)
                continue
            }
            special.cut(piece.text, onText = { start, end -> pending.append(piece.text, start, end) }) { token ->
                flush()
                ids += token.id
            }
        }
        flush()
        return ids.toIntArray()
    }

    /** A fresh decoder for one answer. */
    public fun stream(): TextStream = TextStream(parts.texts, specialIds::contains)

    private fun encode(text: String, ids: IntList) {
        verbatim.cut(text, onText = {
            start,
            end,
            ->
            encodeNormalised(text.substring(start, end), ids)
        }) { ids += it.id }
    }

    private fun encodeNormalised(text: String, ids: IntList) {
        if (text.isEmpty()) return
        val plain = parts.normalise(text)
        val words = Words(plain, parts.symbols, ids)
        normalised.cut(plain, onText = { start, end -> cut(words, start, end, 0) }) { ids += it.id }
    }

    /** Gives each pre-tokenizer the pieces of the one before it. */
    private fun cut(words: Words, start: Int, end: Int, level: Int) {
        val splitter = parts.splitters.getOrNull(level)
        if (splitter == null) {
            if (end > start) words.add(start, end)
            return
        }
        var at = start
        while (at < end) {
            val next = splitter.endOfPiece(words.text, at, end)
            cut(words, at, next, level + 1)
            at = next
        }
    }

    public companion object {
        /**
         * The tokenizer of a file.
         *
         * @throws BundleError it cannot be read, or asks for something that this Upcall does not know.
         */
        public fun open(path: Path): Tokenizer {
            val text =
                try {
                    String(Files.readAllBytes(path), Charsets.UTF_8)
                } catch (error: IOException) {
                    throw unreadable(path.toString(), error)
                }
            return parse(text, path.toString())
        }

        /**
         * The tokenizer that the text of a `tokenizer.json` describes.
         *
         * @param name of the file, for messages.
         * @throws BundleError it cannot be read, or asks for something that this Upcall does not know.
         */
        public fun parse(json: String, name: String = "tokenizer.json"): Tokenizer = try {
            Tokenizer(TokenizerFile(json).read())
        } catch (error: UnknownTokenizer) {
            throw BundleError(
                "$name is a tokenizer of a kind that this version of Upcall does not read: ${error.message}.",
                nextStep = "export another model",
            )
        } catch (error: IllegalArgumentException) {
            // of the parser, and of what is of another type than it must be
            throw unreadable(name, error)
        } catch (error: NoSuchElementException) {
            throw unreadable(name, error)
        }

        private fun unreadable(name: String, cause: Exception) = BundleError(
            "$name is not a readable tokenizer.",
            nextStep = "export the bundle again or copy it anew",
        ).apply { initCause(cause) }
    }
}

/**
 * What a `tokenizer.json` says.
 *
 * @property special tokens that templates write and answers do not show.
 * @property verbatim added tokens that are looked for in a text as it is.
 * @property normalised those that are looked for after it was normalised.
 */
internal class TokenizerParts(
    val vocabularySize: Int,
    val special: List<AddedToken>,
    val verbatim: List<AddedToken>,
    val normalised: List<AddedToken>,
    val normalise: (String) -> String,
    val splitters: List<Splitter>,
    val symbols: Symbols,
    val texts: TokenTexts,
)

/** A growing array of ints. */
internal class IntList {
    private var values = IntArray(64)

    var size: Int = 0
        private set

    operator fun plusAssign(value: Int) {
        if (size == values.size) values = values.copyOf(2 * size)
        values[size++] = value
    }

    fun addAll(source: IntArray, count: Int) {
        if (size + count > values.size) values = values.copyOf(maxOf(2 * values.size, size + count))
        source.copyInto(values, size, 0, count)
        size += count
    }

    fun toIntArray(): IntArray = values.copyOf(size)
}
