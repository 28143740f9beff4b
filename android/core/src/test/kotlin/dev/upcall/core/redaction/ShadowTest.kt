package dev.upcall.core.redaction

import kotlin.random.Random
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNull
import kotlin.test.assertTrue

class ShadowTest {
    @Test
    fun `edits are made and places lead back`() {
        val shadow = rewritten("a%40b%2", listOf(Edit(1, 4, "@"), Edit(5, 7, "")))!!
        assertEquals("a@b", shadow.text)
        assertEquals(Place(1, 4), shadow.original(1, 2))
        assertEquals(Place(0, 5), shadow.original(0, 3))
        assertNull(rewritten("abc", emptyList()))
    }

    @Test
    fun `both halves of a character come from all that it stands for`() {
        val shadow = rewritten("a&#128512;b", listOf(Edit(1, 10, "😀")))!!
        assertEquals("a😀b", shadow.text)
        assertEquals(Place(1, 10), shadow.original(1, 3))
        assertEquals(Place(1, 11), shadow.original(1, 4))
    }

    @Test
    fun `a copy of a copy leads back to the text`() {
        val random = Random(7)
        repeat(300) {
            val text = String(CharArray(random.nextInt(1, 20)) { "ab\u200b４"[random.nextInt(4)] })
            val first = loadRules().characters.shadow(text) ?: rewritten(text, listOf(Edit(0, 0, "")))!!
            val edits = first.text.indices.filter { random.nextInt(3) == 0 }.map { Edit(it, it + 1, "") }
            val whole = rewritten(first.text, edits)?.over(first) ?: return@repeat
            val places = whole.text.indices.map { whole.original(it, it + 1) }
            for ((place, character) in places.zip(whole.text.toList())) {
                assertEquals(character.toString(), place.of(text).replace('４', '4'))
            }
            assertTrue(places.zipWithNext().all { (before, after) -> before.end <= after.start })
        }
    }
}
