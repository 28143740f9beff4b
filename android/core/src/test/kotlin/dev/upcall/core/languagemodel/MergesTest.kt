package dev.upcall.core.languagemodel

import org.junit.jupiter.api.Test
import java.util.Random
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals

class MergesTest {
    /** The rule itself, at the price of looking at all pairs again after every merge. */
    private fun merged(merges: Merges, symbols: List<Int>): List<Int> {
        val left = symbols.toMutableList()
        while (true) {
            val best = (0..<left.size - 1).minByOrNull { merges[left[it], left[it + 1]] } ?: return left
            val pair = merges[left[best], left[best + 1]]
            if (pair == Merges.NONE) return left
            left[best] = pair.toInt()
            left.removeAt(best + 1)
        }
    }

    @Test
    fun `short and long words are merged by the same rule`() {
        val random = Random(0)
        repeat(300) {
            val merges = Merges(60)
            val pairs = List(60) { random.nextInt(4 + it / 2) to random.nextInt(4 + it / 2) }.distinct()
            for ((rank, pair) in pairs.shuffled(random).withIndex()) {
                merges.put(
                    pair.first,
                    pair.second,
                    rank,
                    4 + pairs.indexOf(pair) / 2,
                )
            }
            val symbols = IntArray(random.nextInt(120)) { random.nextInt(4) }
            val given = symbols.toList()
            val count = merges.apply(symbols, symbols.size)
            assertEquals(merged(merges, given), symbols.take(count))
        }
    }

    @Test
    fun `a pair is found among many, and another is not`() {
        val merges = Merges(10_000)
        for (id in 0..<10_000) merges.put(id, id * 7, rank = id, merged = id + 1)
        for (id in 0..<10_000) assertEquals((id.toLong() shl 32) or (id + 1L), merges[id, id * 7])
        assertEquals(Merges.NONE, merges[1, 8])
    }

    @Test
    fun `nothing merges in nothing`() {
        assertEquals(0, Merges(0).apply(IntArray(4), 0))
        val one = intArrayOf(5)
        assertEquals(1, Merges(0).apply(one, 1))
        assertContentEquals(intArrayOf(5), one)
    }
}
