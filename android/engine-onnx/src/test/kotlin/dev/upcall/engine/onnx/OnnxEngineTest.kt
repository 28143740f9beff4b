package dev.upcall.engine.onnx

import dev.upcall.core.EngineError
import dev.upcall.core.languagemodel.RouterStage
import org.junit.jupiter.api.io.TempDir
import java.nio.FloatBuffer
import java.nio.file.Files
import java.nio.file.Path
import kotlin.math.abs
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

private const val VOCABULARY = 258
private const val WIDTH = 8
private const val FEATURES = 7 + 4 * WIDTH

class OnnxEngineTest {
    private fun engine(context: Int = 700) =
        OnnxEngine(tinyFolder.resolve("bundle/model.onnx"), context, VOCABULARY, threads = 1)

    private val tokens = IntArray(700) { 7 * it % 256 }

    private fun assertNear(expected: FloatArray, found: FloatArray) {
        assertEquals(expected.size, found.size)
        assertTrue(expected.indices.all { abs(expected[it] - found[it]) < 1e-5 })
    }

    @Test
    fun `the cache grows and keeps what it holds`(): Unit = engine().use { engine ->
        engine().use { atOnce ->
            val steps = (0 until 700 step 100).map { engine.forward(tokens.copyOfRange(it, it + 100)).logits.copyOf() }
            assertEquals(700, engine.position)
            assertNear(atOnce.forward(tokens).logits, steps.last())
        }
    }

    @Test
    fun `a cache that was cut back is as one that was read anew`(): Unit = engine().use { engine ->
        engine().use { anew ->
            engine.forward(tokens)
            engine.truncate(5)
            assertEquals(5, engine.position)
            anew.forward(tokens.copyOf(5))
            val found = engine.forward(intArrayOf(3))
            val wanted = anew.forward(intArrayOf(3))
            assertNear(wanted.logits, found.logits)
            assertNear(wanted.hiddenLast, found.hiddenLast)
            assertNear(wanted.hiddenMid, found.hiddenMid)
            engine.truncate(0)
            assertEquals(0, engine.position)
        }
    }

    @Test
    fun `a step writes its own keys and values and touches no others`() {
        Graph(tinyFolder.resolve("bundle/model.onnx"), threads = 1).use { graph ->
            KeyValueCache(graph.pastShapes, contextLength = 100).use { cache ->
                cache.grow(1, held = 0)
                val keys = cache.tensors.getValue("past_key_values.0.key").bufferRef.get() as FloatBuffer

                fun written() =
                    (0 until 100).filter { place -> (0 until WIDTH).any { keys.get(place * WIDTH + it) != 0f } }
                graph.run(tokens.copyOf(6), held = 0, cache.tensors)
                assertEquals((0..5).toList(), written())
                val before = FloatArray(6 * WIDTH) { keys.get(it) }
                graph.run(intArrayOf(9), held = 6, cache.tensors)
                assertEquals((0..6).toList(), written())
                assertContentEquals(before, FloatArray(6 * WIDTH) { keys.get(it) })
            }
        }
    }

    @Test
    fun `the last eight tokens have their logits`(): Unit = engine().use { engine ->
        val single = (0 until 20).map { engine.forward(intArrayOf(tokens[it])).logits.copyOf() }
        for (count in listOf(1, 3, 8, 20)) {
            engine.truncate(0)
            val rows = engine.forward(tokens.copyOf(count)).lastLogits
            assertEquals(minOf(count, 8), rows.size)
            rows.forEachIndexed { row, logits -> assertNear(single[count - rows.size + row], logits) }
            assertFailsWith<IndexOutOfBoundsException> { rows[rows.size] }
        }
    }

    @Test
    fun `what is refused leaves the cache as it was`(): Unit = engine(context = 10).use { engine ->
        engine.forward(tokens.copyOf(4))
        assertFailsWith<EngineError> { engine.forward(intArrayOf()) }
        assertFailsWith<EngineError> { engine.forward(intArrayOf(-1)) }
        assertFailsWith<EngineError> { engine.forward(intArrayOf(VOCABULARY)) }
        assertFailsWith<EngineError> { engine.forward(IntArray(7)) }
        assertFailsWith<EngineError> { engine.truncate(5) }
        assertFailsWith<EngineError> { engine.truncate(-1) }
        assertEquals(4, engine.position)
        engine.forward(IntArray(6))
        assertEquals(10, engine.position)
    }

    @Test
    fun `a head answers and refuses what it does not take`(): Unit = engine().use { engine ->
        assertTrue(engine.route(RouterStage.POST, FloatArray(FEATURES)) <= 0)
        val error = assertFailsWith<EngineError> { engine.route(RouterStage.PRE, FloatArray(FEATURES)) }
        assertContains(error.problem, "route_pre")
        assertFailsWith<EngineError> { engine.route(RouterStage.POST, FloatArray(FEATURES - 1)) }
        assertFailsWith<EngineError> { engine.route(RouterStage.POST, FloatArray(FEATURES) { Float.NaN }) }
    }

    @Test
    fun `closed twice it is closed and says so`() {
        val engine = engine()
        engine.forward(intArrayOf(1))
        engine.close()
        engine.close()
        assertContains(assertFailsWith<EngineError> { engine.forward(intArrayOf(1)) }.problem, "closed")
        assertFailsWith<EngineError> { engine.truncate(0) }
        assertFailsWith<EngineError> { engine.route(RouterStage.POST, FloatArray(FEATURES)) }
    }

    @Test
    fun `two engines do not know of each other`(): Unit = engine().use { one ->
        engine().use { other ->
            val wanted = one.forward(tokens.copyOf(6)).logits.copyOf()
            other.forward(tokens.copyOfRange(100, 120))
            one.truncate(5)
            assertNear(wanted, one.forward(intArrayOf(tokens[5])).logits)
        }
    }

    @Test
    fun `a thread that was interrupted reads nothing and may go on`(): Unit = engine().use { engine ->
        engine.forward(tokens.copyOf(4))
        Thread.currentThread().interrupt()
        assertFailsWith<InterruptedException> { engine.forward(IntArray(6)) }
        assertEquals(false, Thread.currentThread().isInterrupted)
        assertEquals(4, engine.position)
        engine.forward(IntArray(6))
        assertEquals(10, engine.position)
    }

    @Test
    fun `a file that is no graph is refused with what to do`(
        @TempDir folder: Path,
    ) {
        val damaged = folder.resolve("model.onnx")
        Files.write(damaged, "not a graph".toByteArray())
        for (path in listOf(damaged, folder.resolve("none.onnx"))) {
            val error = assertFailsWith<EngineError> { OnnxEngine(path, 8, 8) }
            assertContains(error.problem, "cannot load ${path.fileName}")
            assertContains(error.nextStep, "verify the bundle")
        }
    }

    @Test
    fun `a graph that was cut off is refused`(
        @TempDir folder: Path,
    ) {
        val whole = Files.readAllBytes(tinyFolder.resolve("bundle/model.onnx"))
        val path = folder.resolve("model.onnx")
        Files.write(path, whole.copyOf(whole.size / 2))
        assertFailsWith<EngineError> { OnnxEngine(path, 8, VOCABULARY) }
    }

    @Test
    fun `a graph of something else or of an earlier contract is to be made again`() {
        for (name in listOf("bundle/route_post.onnx", "earlier.onnx")) {
            val error = assertFailsWith<EngineError> { OnnxEngine(tinyFolder.resolve(name), 8, VOCABULARY) }
            assertContains(error.problem, "is not a graph that this version of Upcall runs")
            assertContains(error.nextStep, "upcall export")
        }
    }

    @Test
    fun `a damaged head is refused and its model freed`(
        @TempDir folder: Path,
    ) {
        Files.copy(tinyFolder.resolve("bundle/model.onnx"), folder.resolve("model.onnx"))
        Files.write(folder.resolve("route_pre.onnx"), byteArrayOf(1, 2, 3))
        val error = assertFailsWith<EngineError> { OnnxEngine(folder.resolve("model.onnx"), 8, VOCABULARY) }
        assertContains(error.problem, "route_pre.onnx")
    }
}
