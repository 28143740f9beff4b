package dev.upcall.engine.onnx

import dev.upcall.core.EngineError
import java.nio.FloatBuffer
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

class KeyValueCacheTest {
    private val name = "past_key_values.0.key"

    @Test
    fun `it grows by doubling up to the context`() {
        KeyValueCache(mapOf(name to longArrayOf(1, 2, -1, 4)), contextLength = 1000).use { cache ->
            val capacities =
                listOf(1, 257, 600).map {
                    cache.grow(it, held = 0)
                    cache.capacity
                }
            assertEquals(listOf(256, 512, 1000), capacities)
            assertContentEquals(longArrayOf(1, 2, 1000, 4), cache.tensors.getValue(name).info.shape)
        }
    }

    @Test
    fun `each head keeps its tokens`() {
        KeyValueCache(mapOf(name to longArrayOf(1, 2, -1, 4)), contextLength = 1000).use { cache ->
            cache.grow(10, held = 0)
            val before = cache.tensors.getValue(name).bufferRef.get() as FloatBuffer
            for (index in 0 until before.capacity()) before.put(index, index.toFloat())
            cache.grow(300, held = 3)
            val after = cache.tensors.getValue(name).bufferRef.get() as FloatBuffer
            for (head in 0..1) {
                for (place in 0 until 512 * 4) {
                    val wanted = if (place < 3 * 4) (head * 256 * 4 + place).toFloat() else 0f
                    assertEquals(wanted, after.get(head * 512 * 4 + place))
                }
            }
        }
    }

    @Test
    fun `what does not fit the memory is refused and nothing has changed`() {
        KeyValueCache(mapOf(name to longArrayOf(1, 64, -1, 64)), contextLength = 1_000_000).use { cache ->
            cache.grow(1, held = 0)
            val held = cache.tensors.getValue(name)
            val error = assertFailsWith<EngineError> { cache.grow(200_000, held = 1) }
            assertContains(error.problem, "no memory for a conversation of 200000 tokens")
            assertTrue(error.nextStep.isNotEmpty())
            assertEquals(256, cache.capacity)
            assertTrue(held === cache.tensors.getValue(name))
        }
    }
}
