package dev.upcall.core.redaction

/**
 * A place where strings of an [Automaton] end.
 *
 * @property end in UTF-16 code units of the text.
 * @property lengths of all strings that end there, in UTF-16 code units, longest first.
 */
internal data class Occurrence(val end: Int, val lengths: List<Int>)

/**
 * Finds strings in time linear in the text, however many there are.
 *
 * It goes by code points: half a surrogate pair is never found in a whole one. Source: Aho and Corasick 1975, with
 * links to the next shorter string that also ends there.
 *
 * @param strings none of them empty.
 */
internal class Automaton(strings: Collection<String>) {
    // Each node but the root, which is 0, by the node before it and the code point between them.
    private val before: IntArray
    private val point: IntArray
    private val length: IntArray
    private val fail: IntArray
    private val shorter: IntArray
    private val table: IntArray

    init {
        val most = 1 + strings.sumOf { it.length }
        before = IntArray(most)
        point = IntArray(most)
        length = IntArray(most)
        table = IntArray(Integer.highestOneBit(most) * FREE)
        val depth = IntArray(most)
        var size = 1
        for (string in strings) {
            var node = 0
            string.forEachPoint { _, point ->
                var following = following(node, point)
                if (following == 0) {
                    following = size++
                    before[following] = node
                    this.point[following] = point
                    depth[following] = depth[node] + 1
                    table[slot(node, point)] = following
                }
                node = following
            }
            length[node] = string.length
        }
        fail = IntArray(size)
        shorter = IntArray(size)
        inOrder(depth, size).forEach(::link)
    }

    /** Nodes but the root by their depth: where a node fails to is less deep. */
    private fun inOrder(depth: IntArray, size: Int): IntArray {
        val places = IntArray(depth.max() + 2)
        for (node in 1 until size) places[depth[node] + 1]++
        for (level in 1 until places.size) places[level] += places[level - 1]
        val ordered = IntArray(size - 1)
        for (node in 1 until size) ordered[places[depth[node]]++] = node
        return ordered
    }

    private fun link(node: Int) {
        val parent = before[node]
        val failed = if (parent == 0) 0 else step(fail[parent], point[node])
        fail[node] = failed
        shorter[node] = if (length[failed] > 0) failed else shorter[failed]
    }

    /** Each place where a string ends, in order. */
    fun occurrences(text: String): Sequence<Occurrence> = sequence {
        var node = 0
        text.forEachPoint { index, point ->
            node = step(node, point)
            if (length[node] > 0 || shorter[node] > 0) {
                yield(Occurrence(index + Character.charCount(point), lengths(node)))
            }
        }
    }

    private fun step(from: Int, point: Int): Int {
        var node = from
        var following = following(node, point)
        while (node != 0 && following == 0) {
            node = fail[node]
            following = following(node, point)
        }
        return following
    }

    private fun lengths(last: Int): List<Int> = buildList {
        var node = last
        while (node != 0) {
            if (length[node] > 0) add(length[node])
            node = shorter[node]
        }
    }

    private fun following(node: Int, point: Int): Int = table[slot(node, point)]

    /** Where a step stands in the table, or could. */
    private fun slot(node: Int, point: Int): Int {
        val mixed = (node * MULTIPLIER + point) * MULTIPLIER
        var slot = (mixed ushr Int.SIZE_BITS / 2) xor mixed and table.size - 1
        while (true) {
            val following = table[slot]
            if (following == 0 || (before[following] == node && this.point[following] == point)) return slot
            slot = slot + 1 and table.size - 1
        }
    }

    private companion object {
        const val FREE = 4 // the table is at most half full
        const val MULTIPLIER = -0x61C88647 // the golden ratio, by which hashes spread
    }
}

/** Each code point of a text with its place; a lone surrogate is one, too. */
internal inline fun CharSequence.forEachPoint(action: (Int, Int) -> Unit) {
    var index = 0
    while (index < length) {
        val point = Character.codePointAt(this, index)
        action(index, point)
        index += Character.charCount(point)
    }
}
