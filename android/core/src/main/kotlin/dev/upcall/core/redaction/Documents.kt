package dev.upcall.core.redaction

/**
 * A placeholder and what it stands for: a piece of what a document calls its original.
 *
 * @property span what was cut.
 * @property placeholder put in its place.
 */
internal class Mask(val span: Span, val placeholder: String)

/**
 * A text on its way from as written to as sent, masked step by step.
 *
 * Offsets of [pieces] and [masks] are those of the original, whatever was masked before; those of a finding are of [current],
 * in which placeholders already stand.
 *
 * @property original as written.
 */
internal open class PlainText(val original: String) {
    /** As it stands by now. */
    var current: String = original
        private set

    /** All that was cut so far, in order of position. */
    var masks: List<Mask> = emptyList()
        private set

    // Where each run of the original begins, in the current text and in the original.
    private var currentStarts = intArrayOf(0)
    private var originalStarts = intArrayOf(0)

    /** Pieces of the original, in offsets of the text as it was given. */
    open fun asWritten(pieces: List<Span>): List<Span> = pieces

    /** Whether a piece of the original is to be restored as a bare number. Never, in plain text. */
    open fun isNumber(start: Int, end: Int): Boolean = false

    /** Whether a finding in the current text is a value of its own, to be looked for elsewhere. Always, in plain text. */
    open fun holds(finding: Span): Boolean = true

    /**
     * What may be cut of findings in the current text: pieces in order, none overlapping, that leave placeholders alone.
     *
     * @param findings in order of position, none overlapping.
     */
    open fun pieces(findings: List<Span>): List<Span> = buildList {
        val placeholders = findPlaceholders(current)
        var next = 0
        for (finding in findings) {
            var start = finding.start
            while (next < placeholders.size && placeholders[next].start < finding.end) {
                val one = placeholders[next]
                if (one.end > start) {
                    addWritten(finding, start, one.start)
                    start = one.end
                }
                if (one.end > finding.end) break // the next finding may begin in it
                next++
            }
            addWritten(finding, start, finding.end)
        }
    }

    /** A piece of the current text, which holds no placeholder, as one of the original; nothing where it is no text. */
    private fun MutableList<Span>.addWritten(finding: Span, start: Int, end: Int) {
        if (start >= end || isBlank(current, start, end)) return
        val written = inOriginal(start, end)
        add(finding.copy(start = written.start, end = written.end))
    }

    /** A piece of the current text, which holds no placeholder, in the original. */
    protected fun inOriginal(start: Int, end: Int): Place {
        val run = runBefore(currentStarts, start)
        val shift = originalStarts[run] - currentStarts[run]
        return Place(start + shift, end + shift)
    }

    /** Puts placeholders in place of pieces of the original that none of the earlier masks touches. */
    fun cut(more: List<Mask>) {
        masks = (masks + more).sortedBy { it.span.start }
        val text = StringBuilder()
        val (inCurrent, inOriginal) = List(2) { IntArray(masks.size + 1) }
        var position = 0
        masks.forEachIndexed { index, mask ->
            text.append(original, position, mask.span.start).append(mask.placeholder)
            position = mask.span.end
            inCurrent[index + 1] = text.length
            inOriginal[index + 1] = position
        }
        current = text.append(original, position, original.length).toString()
        currentStarts = inCurrent
        originalStarts = inOriginal
    }

    /** The text with placeholders in it. */
    open fun sent(): String = current
}

/** Index of the last start that is not behind a place; −1 if there is none. Starts may repeat, then it is the last of them. */
internal fun runBefore(starts: IntArray, place: Int): Int {
    var low = 0
    var high = starts.size
    while (low < high) {
        val middle = (low + high) / 2
        if (starts[middle] <= place) low = middle + 1 else high = middle
    }
    return low - 1
}

/** Whether a piece of a text is white space only. */
internal fun isBlank(text: String, start: Int, end: Int): Boolean = (start until end).all { text[it] in Unicode.space }

/** How many distinct placeholders there are of each type, in order of appearance. */
internal fun counted(masked: List<Masked>): Map<EntityType, Int> =
    masked.distinctBy { it.placeholder }.groupingBy { it.entityType }.eachCount()
