package dev.upcall.core.languagemodel

import dev.upcall.core.languagemodel.TokenClasses.LETTER
import dev.upcall.core.languagemodel.TokenClasses.NUMBER
import dev.upcall.core.languagemodel.TokenClasses.OTHER
import dev.upcall.core.languagemodel.TokenClasses.SPACE

/**
 * Cuts a text into pieces that together are the whole, as one pre-tokenizer of a `tokenizer.json` does.
 *
 * The patterns of the known models are written out by hand: regular expressions differ between the JVM and Android in their classes.
 */
internal fun interface Splitter {
    /** Where the piece ends that begins at [start]; the text ends at [limit]. */
    fun endOfPiece(text: String, start: Int, limit: Int): Int
}

/** `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, of GPT-2. */
internal object Gpt2Words : Splitter {
    override fun endOfPiece(text: String, start: Int, limit: Int): Int {
        val contraction = endOfContraction(text, start, limit, ignoreCase = false)
        if (contraction > start) return contraction
        val isAfterSpace = text[start] == ' ' && start + 1 < limit
        val at = if (isAfterSpace && TokenClasses.of(text.codePointAt(start + 1)) != SPACE) start + 1 else start
        val kind = TokenClasses.of(text.codePointAt(at))
        val end = endOfRun(text, at, limit, kind)
        return if (kind == SPACE) endOfSpace(start, end, limit) else end
    }
}

/**
 * The pattern of cl100k and its kin (Qwen 2 and 3, Llama 3), line ends included.
 *
 * `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
 *
 * @param digits most in a piece.
 */
internal class Cl100kWords(private val digits: Int) : Splitter {
    override fun endOfPiece(text: String, start: Int, limit: Int): Int {
        val contraction = endOfContraction(text, start, limit, ignoreCase = true)
        if (contraction > start) return contraction
        val point = text.codePointAt(start)
        val kind = TokenClasses.of(point)
        if (kind == LETTER) return endOfRun(text, start, limit, LETTER)
        if (kind == NUMBER) return endOfRun(text, start, limit, NUMBER, atMost = digits)
        val second = start + Character.charCount(point)
        val secondKind = if (second < limit) TokenClasses.of(text.codePointAt(second)) else SPACE
        if (secondKind == LETTER && !text[start].isLineEnd()) return endOfRun(text, second, limit, LETTER)
        if (kind == OTHER || (point == ' '.code && secondKind == OTHER)) {
            val end = endOfRun(text, if (kind == OTHER) start else second, limit, OTHER)
            return (end..<limit).firstOrNull { !text[it].isLineEnd() } ?: limit
        }
        val end = endOfRun(text, start, limit, SPACE)
        val lastLineEnd = (end - 1 downTo start).firstOrNull { text[it].isLineEnd() }
        return if (lastLineEnd != null) lastLineEnd + 1 else endOfSpace(start, end, limit)
    }
}

/** The pre-tokenizer `Digits`: digits apart from all else, each by itself if [areSingle]. */
internal class DigitRuns(private val areSingle: Boolean) : Splitter {
    override fun endOfPiece(text: String, start: Int, limit: Int): Int {
        val first = text.codePointAt(start)
        val isDigit = TokenClasses.isDigit(first)
        var at = start + Character.charCount(first)
        if (isDigit && areSingle) return at
        while (at < limit) {
            val point = text.codePointAt(at)
            if (TokenClasses.isDigit(point) != isDigit) break
            at += Character.charCount(point)
        }
        return at
    }
}

/** A text to cut at: it stands alone, or if [isMerged] ends the piece before it. */
internal class LiteralSplitter(private val literal: String, private val isMerged: Boolean) : Splitter {
    override fun endOfPiece(text: String, start: Int, limit: Int): Int {
        val found = (start..limit - literal.length).firstOrNull { text.startsWith(literal, it) } ?: return limit
        return if (isMerged || found == start) found + literal.length else found
    }
}

/** Where the run of characters of one [kind] ends, [atMost] so many. */
private fun endOfRun(text: String, start: Int, limit: Int, kind: Int, atMost: Int = Int.MAX_VALUE): Int {
    var at = start
    var count = 0
    while (at < limit && count < atMost) {
        val unit = text[at]
        val point = if (unit.isHighSurrogate()) text.codePointAt(at) else unit.code
        if (TokenClasses.of(point) != kind) break
        at += Character.charCount(point)
        count++
    }
    return at
}

/** Of white space from [start] to [end] the last character is left to the word that follows. */
private fun endOfSpace(start: Int, end: Int, limit: Int): Int = if (end == limit || end - start == 1) end else end - 1

private val CONTRACTIONS = listOf("s", "t", "re", "ve", "m", "ll", "d")

/** Where a contraction such as `'ll` ends, or [start] where none stands. */
private fun endOfContraction(text: String, start: Int, limit: Int, ignoreCase: Boolean): Int {
    if (text[start] != '\'' || start + 1 >= limit) return start
    if (ignoreCase && text[start + 1] == LONG_S) return start + 2
    val found = CONTRACTIONS.find { text.matchesAt(it, start + 1, limit, ignoreCase) } ?: return start
    return start + 1 + found.length
}

/** Case is that of ASCII: other characters that Kotlin takes for equal are not so to the pattern. */
private fun String.matchesAt(part: String, at: Int, limit: Int, ignoreCase: Boolean): Boolean =
    at + part.length <= limit &&
        part.indices.all {
            val unit = this[at + it]
            unit == part[it] || (ignoreCase && unit == part[it].uppercaseChar())
        }

private fun Char.isLineEnd(): Boolean = this == '\r' || this == '\n'

private const val LONG_S = 'ſ' // the one other letter that is an s where case does not matter
