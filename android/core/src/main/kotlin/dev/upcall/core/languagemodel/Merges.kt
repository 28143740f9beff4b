package dev.upcall.core.languagemodel

import java.util.PriorityQueue

/** The merges of a byte-pair encoding: of two neighbouring tokens, the rank at which they become one, and which. */
internal class Merges(count: Int) {
    private val mask = (Integer.highestOneBit(maxOf(count, 1)) shl 2) - 1
    private val keys = LongArray(mask + 1) { UNUSED }
    private val values = LongArray(mask + 1)

    /** The rank in the upper half, the token in the lower; [NONE], above all others, where the two stay apart. */
    operator fun get(left: Int, right: Int): Long {
        val key = key(left, right)
        val slot = slot(key)
        return if (keys[slot] == key) values[slot] else NONE
    }

    fun put(left: Int, right: Int, rank: Int, merged: Int) {
        val key = key(left, right)
        val slot = slot(key)
        keys[slot] = key
        values[slot] = (rank.toLong() shl Int.SIZE_BITS) or merged.toLong()
    }

    /** Merges the first [count] of [symbols] where they stand, always the pair of the lowest rank, the first of equal ones. */
    fun apply(symbols: IntArray, count: Int): Int =
        if (count <= SHORT) applyToShort(symbols, count) else applyToLong(symbols, count)

    private fun applyToShort(symbols: IntArray, size: Int): Int {
        var count = size
        val pairs = LongArray(maxOf(count - 1, 0)) { get(symbols[it], symbols[it + 1]) }
        while (count > 1) {
            var best = 0
            for (place in 1..<count - 1) if (pairs[place] < pairs[best]) best = place
            if (pairs[best] == NONE) break
            symbols[best] = pairs[best].toInt()
            symbols.copyInto(symbols, best + 1, best + 2, count)
            if (best + 2 < count) pairs.copyInto(pairs, best + 1, best + 2, count - 1)
            count--
            if (best > 0) pairs[best - 1] = get(symbols[best - 1], symbols[best])
            if (best < count - 1) pairs[best] = get(symbols[best], symbols[best + 1])
        }
        return count
    }

    /** A queue of pairs over a linked list: a word of n symbols takes n log n steps. */
    private fun applyToLong(symbols: IntArray, count: Int): Int {
        val previous = IntArray(count) { it - 1 }
        val next = IntArray(count) { if (it + 1 < count) it + 1 else END }
        val queue = PriorityQueue<Long>(count) // the rank in the upper half, the place of the left one in the lower

        fun offer(place: Int) {
            if (place < 0 || next[place] == END) return
            val pair = get(symbols[place], symbols[next[place]])
            if (pair != NONE) queue.add((pair and RANK) or place.toLong())
        }
        for (place in 0..<count - 1) offer(place)
        while (true) {
            val offered = queue.poll() ?: break
            val place = offered.toInt()
            val right = next[place]
            if (right == END || symbols[place] == GONE) continue
            val pair = get(symbols[place], symbols[right])
            if (pair == NONE || (pair and RANK) != (offered and RANK)) continue // it has changed since it was offered
            symbols[place] = pair.toInt()
            symbols[right] = GONE
            next[place] = next[right]
            if (next[right] != END) previous[next[right]] = place
            offer(previous[place])
            offer(place)
        }
        var kept = 0
        for (place in 0..<count) if (symbols[place] != GONE) symbols[kept++] = symbols[place]
        return kept
    }

    private fun slot(key: Long): Int {
        var slot = ((key * MULTIPLIER) ushr HASH_SHIFT).toInt() and mask
        while (keys[slot] != UNUSED && keys[slot] != key) slot = (slot + 1) and mask
        return slot
    }

    private fun key(left: Int, right: Int): Long = (left.toLong() shl Int.SIZE_BITS) or right.toLong()

    companion object {
        const val NONE: Long = Long.MAX_VALUE
        private const val UNUSED = -1L
        private const val SHORT = 48
        private const val END = -1
        private const val GONE = -1
        private const val RANK = 0x7FFF_FFFFL shl Int.SIZE_BITS

        // 2⁶⁴ by the golden ratio, which spreads neighbouring keys.
        private const val MULTIPLIER = -0x61c8_8646_80b5_83ebL
        private const val HASH_SHIFT = 33
    }
}
