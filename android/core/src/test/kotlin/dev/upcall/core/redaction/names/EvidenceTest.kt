package dev.upcall.core.redaction.names

import dev.upcall.core.redaction.EntityType
import kotlin.test.Test
import kotlin.test.assertEquals

class EvidenceTest {
    private val evidence = Evidence(loadNameRules())

    @Test
    fun `a person needs a cue, a given name or a sure model, in questions more`() {
        assertEquals(emptyList(), kept("how do i install grafana", "grafana", 0.99))
        assertEquals(emptyList(), kept("how do i install foobar", "foobar", 0.7))
        assertEquals(listOf("kowalczyk"), kept("how do i reach kowalczyk", "kowalczyk", 0.99))
        assertEquals(listOf("kowalczyk"), kept("dear kowalczyk thanks", "kowalczyk", 0.5))
        assertEquals(emptyList(), kept("explain fermat theorem", "fermat theorem", 0.99))
        assertEquals(emptyList(), kept("explain the adam optimizer", "adam", 0.99))
        assertEquals(listOf("adam"), kept("my son adam is ill", "adam", 0.5))
        assertEquals(listOf("okwuosa"), kept("beat okwuosa", "beat okwuosa", 0.99))
        assertEquals(listOf("Okwuosa"), kept("The report is by Okwuosa.", "Okwuosa", 0.1))
    }

    @Test
    fun `a place needs somebody who lives there`() {
        assertEquals(emptyList(), kept("plan a trip to lisbon", "lisbon", 0.99, EntityType.LOCATION))
        assertEquals(listOf("lisbon"), kept("i was born in lisbon", "lisbon", 0.5, EntityType.LOCATION))
    }

    @Test
    fun `an address has a number and a word for a street`() {
        assertEquals(emptyList(), kept("quantize to int4", "int4", 0.99, EntityType.ADDRESS))
        val sold = kept("is 14 elm street sold", "14 elm street", 0.1, EntityType.ADDRESS)
        assertEquals(listOf("14 elm street"), sold)
        assertEquals(emptyList(), kept("plot a square wave", "square wave", 0.5, EntityType.ADDRESS))
    }

    private fun kept(text: String, value: String, mass: Double, kind: EntityType = EntityType.PERSON): List<String> {
        val words = wordsOf(text)
        val start = text.indexOf(value)
        val inside = words.indices.filter { words[it].start in start until start + value.length }
        val piece = Piece(inside.first(), inside.last(), kind, mass)
        return evidence
            .personal(text, words, listOf(piece))
            .map { text.substring(words[it.first].start, words[it.last].end) }
    }
}
