package dev.upcall.core.redaction.structure

import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Place
import org.junit.jupiter.api.Test
import kotlin.test.assertEquals
import kotlin.test.assertNotNull
import kotlin.test.assertNull

private const val TEXT = "phone id 12345 67890 x,y"
private val CELLS = listOf(Place(9, 14), Place(15, 20), Place(21, 24))
private val SIBLINGS = Siblings(setOf(EntityType.PHONE), fewest = 2, share = 0.5)

class ColumnsTest {
    @Test
    fun `the copy leads back to the values`() {
        val copy = assertNotNull(labelled(TEXT, listOf(Column("user_phoneNumbers", CELLS)), LABELS))
        assertEquals(
            listOf("user phone Number: 12345", "user phone Number: 67890", "user phone Number: \"x,y\""),
            copy.text.split('\n').take(3),
        )
        for (cell in CELLS) {
            val at = copy.text.indexOf(cell.of(TEXT))
            assertEquals(cell, copy.original(at, at + cell.length))
            assertEquals(Place(cell.start, cell.start + 2), copy.original(at - 4, at + 2))
        }
        assertNull(copy.original(0, 5))
    }

    @Test
    fun `a value is quoted with a mark that it does not hold`() {
        fun copied(value: String) = labelled(
            value,
            listOf(Column("phone", listOf(Place(0, value.length)))),
            LABELS,
        )?.text?.substringBefore('\n')
        assertEquals("phone: 12345", copied("12345"))
        assertEquals("phone: '12 \"345'", copied("12 \"345"))
        assertEquals("phone: `1'2\"3`", copied("1'2\"3"))
        assertEquals("phone: 1'2\"3`4", copied("1'2\"3`4"))
    }

    @Test
    fun `a value that stands in several columns of one label is copied once`() {
        val copy = assertNotNull(labelled(TEXT, List(3) { Column("phone", CELLS.take(1)) }, LABELS))
        assertEquals("phone: 12345", copy.text.trim())
    }

    @Test
    fun `known values and other labels make no copy`() {
        assertNull(labelled(TEXT, listOf(Column("phone", CELLS)), LABELS, known = CELLS.toSet()))
        assertNull(labelled(TEXT, listOf("price", "", "phone count").map { Column(it, CELLS) }, LABELS))
    }

    @Test
    fun `siblings have the shape and are found for a share`() {
        val text = "11 22 33 4 aa"
        val cells = listOf(Place(0, 2), Place(3, 5), Place(6, 8), Place(9, 10), Place(11, 13))
        val known = cells.take(2).associateWith { EntityType.PHONE }

        fun found(known: Map<Place, EntityType>) = SIBLINGS.found(text, listOf(Column("", cells)), known)
        assertEquals(listOf(Place(6, 8) to EntityType.PHONE), found(known))
        assertEquals(emptyList(), found(mapOf(Place(0, 2) to EntityType.PHONE)))
        assertEquals(emptyList(), found(known.mapValues { EntityType.AGE }))
    }

    @Test
    fun `a shape keeps what is neither a letter nor an ASCII digit`() {
        val text = "a-1_é٣²😀一"
        assertEquals("A-0_A٣A😀A", shape(text, Place(0, text.length)))
    }
}
