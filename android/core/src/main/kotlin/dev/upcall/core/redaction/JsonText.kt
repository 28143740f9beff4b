package dev.upcall.core.redaction

import dev.upcall.core.InputError

/**
 * JSON on its way from as written to as sent. Strings (keys, too) are cut in pieces, a number only as a whole.
 *
 * Its original is the JSON text with the escapes in its strings read: what hides behind an escape is found, and a key stands
 * beside its value where rules look for words of context.
 *
 * @throws InputError the text is not one JSON value (RFC 8259), or nested too deeply.
 */
internal class JsonText(private val text: String, private val leaves: JsonLeaves = JsonLeaves(text)) :
    PlainText(leaves.plain.toString()) {
    private val starts = IntArray(leaves.found.size) { leaves.found[it].start }

    override fun isNumber(start: Int, end: Int): Boolean = leaf(start)?.isNumber == true

    private fun leaf(place: Int): JsonLeaf? =
        leaves.found.getOrNull(runBefore(starts, place))?.takeIf { place < it.end }

    /** As of any text, cut to strings and widened to numbers. */
    override fun pieces(findings: List<Span>): List<Span> = buildList {
        var done = -1
        for (piece in super.pieces(findings)) {
            var index = maxOf(0, runBefore(starts, piece.start))
            while (index < starts.size && starts[index] < piece.end) {
                val leaf = leaves.found[index++]
                var start = maxOf(piece.start, leaf.start)
                var end = minOf(piece.end, leaf.end)
                if (leaf.isNumber && start < end) {
                    start = leaf.start
                    end = leaf.end
                }
                if (maxOf(start, done) < end && !isBlank(original, start, end)) {
                    add(piece.copy(start = maxOf(start, done), end = end))
                    done = end
                }
            }
        }
    }

    /** Whether a finding in the current text is a part of one string, or one number. */
    override fun holds(finding: Span): Boolean {
        val (start, end) = inOriginal(finding.start, finding.end)
        val leaf = leaf(start) ?: return false
        return end <= leaf.end && (!leaf.isNumber || (start == leaf.start && end == leaf.end))
    }

    override fun asWritten(pieces: List<Span>): List<Span> = pieces.map {
        val (start, end) = inText(it)
        it.copy(start = start, end = end)
    }

    private fun inText(span: Span): Place {
        val leaf = checkNotNull(leaf(span.start)) { "A mask is a piece of a leaf." }
        return Place(leaf.inText(span.start), leaf.inText(span.end))
    }

    /** Valid JSON with placeholders in it; all that was not cut is as it was, to the last character. */
    override fun sent(): String = buildString {
        var position = 0
        for (mask in masks) {
            val (start, end) = inText(mask.span)
            val quote = if (isNumber(mask.span.start, mask.span.end)) "\"" else ""
            append(text, position, start).append(quote).append(mask.placeholder).append(quote)
            position = end
        }
        append(text, position, text.length)
    }
}

/**
 * A string without its quotes, or a number.
 *
 * @property start in the text in which escapes are read.
 * @property end likewise.
 * @param begin where it begins in the JSON text.
 * @param offsets for each of its characters, and its end, the index from there on; null where it holds no escape.
 */
internal class JsonLeaf(
    val start: Int,
    val end: Int,
    private val begin: Int,
    private val offsets: IntArray?,
    val isNumber: Boolean,
) {
    fun inText(place: Int): Int = begin + (offsets?.get(place - start) ?: (place - start))
}

/** Finds the leaves of JSON, and reads the escapes in them. */
internal class JsonLeaves(private val text: String) : JsonScanner(text) {
    val plain = StringBuilder(text.length)
    val found = mutableListOf<JsonLeaf>()
    private var position = 0

    init {
        scan()
        plain.append(text, position, text.length)
    }

    override fun string(start: Int, end: Int, isKey: Boolean) = add(start, end, isNumber = false)

    override fun number(start: Int, end: Int) = add(start, end, isNumber = true)

    private fun add(start: Int, end: Int, isNumber: Boolean) {
        plain.append(text, position, start)
        val raw = text.substring(start, end)
        val unescaped = if ('\\' in raw) unescape(raw) else null
        val length = plain.length
        plain.append(unescaped?.text ?: raw)
        found += JsonLeaf(length, plain.length, start, unescaped?.offsets, isNumber)
        position = end
    }

    override fun refusal(problem: String) = InputError(
        problem = if (problem.startsWith("nested")) "The JSON is $problem" else "The text is $problem",
        allowed = "one JSON value (RFC 8259)",
        nextStep = "correct it, or mask it as plain text",
    )
}
