package dev.upcall.core.redaction

import org.junit.jupiter.api.Test
import kotlin.random.Random
import kotlin.test.assertEquals

class AutomatonTest {
    private fun found(text: String, vararg strings: String) =
        Automaton(strings.toList()).occurrences(text).map { (end, lengths) -> end to lengths }.toList()

    @Test
    fun `what a plain search finds is found`() {
        val random = Random(7)

        fun word(letters: String, most: Int) = List(random.nextInt(most)) { letters.random(random) }.joinToString("")
        repeat(500) {
            val strings = List(random.nextInt(8)) { word("ab", 4) + "ab".random(random) }.toSet()
            val text = word("abc", 30)
            val expected =
                (1..text.length).mapNotNull { end ->
                    val lengths =
                        strings
                            .filter {
                                text
                                    .substring(
                                        0,
                                        end,
                                    ).endsWith(it)
                            }.map { it.length }
                            .sortedDescending()
                    if (lengths.isEmpty()) null else end to lengths
                }
            assertEquals(expected, found(text, *strings.toTypedArray()))
        }
    }

    @Test
    fun `without strings nothing is found`() {
        assertEquals(emptyList(), found("text"))
    }

    @Test
    fun `half a surrogate pair is not found in a whole one`() {
        assertEquals(emptyList(), found("😀", "\uD83D", "\uDE00"))
        assertEquals(listOf(2 to listOf(2)), found("😀", "😀", "\uDE00"))
        assertEquals(listOf(1 to listOf(1)), found("\uDE00\uD83D\uDE00", "\uDE00"))
    }
}
