package dev.upcall.core.redaction

/**
 * A plainer copy of a text. Only the copy is searched for disguised values; what is cut is the original.
 *
 * @property text the copy.
 * @param starts for each code unit of the copy, where in the original that begins for which it stands.
 * @param ends where that ends.
 */
internal class Shadow(val text: String, private val starts: IntArray, private val ends: IntArray) {
    /** Where [start, end) of the copy stands in the original; 0 ≤ start < end ≤ length of the copy. */
    fun original(start: Int, end: Int): Place = Place(starts[start], ends[end - 1])

    /** This copy of the copy [other], as a copy of the original of that one. */
    fun over(other: Shadow): Shadow = Shadow(
        text,
        IntArray(starts.size) { other.starts[starts[it]] },
        IntArray(ends.size) { other.ends[ends[it] - 1] },
    )
}

/** One change of a text: [plain] instead of [start, end). */
internal class Edit(val start: Int, val end: Int, val plain: String)

/**
 * The text with each edit made, or null where there is none.
 *
 * @param edits in order, none overlapping; a replacement is one character or none.
 */
internal fun rewritten(text: String, edits: List<Edit>): Shadow? {
    if (edits.isEmpty()) return null
    val size = text.length + edits.sumOf { it.plain.length - (it.end - it.start) }
    val copy = StringBuilder(size)
    val starts = IntArray(size)
    val ends = IntArray(size)

    fun keep(from: Int, until: Int) {
        for (index in from until until) {
            starts[copy.length + index - from] = index
            ends[copy.length + index - from] = index + 1
        }
        copy.append(text, from, until)
    }

    var position = 0
    for (edit in edits) {
        keep(position, edit.start)
        starts.fill(edit.start, copy.length, copy.length + edit.plain.length)
        ends.fill(edit.end, copy.length, copy.length + edit.plain.length)
        copy.append(edit.plain)
        position = edit.end
    }
    keep(position, text.length)
    return Shadow(copy.toString(), starts, ends)
}
