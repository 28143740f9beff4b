package dev.upcall.engine.executorch

import dev.upcall.core.EngineError
import dev.upcall.core.decision.featureCount
import dev.upcall.core.languagemodel.RouterStage
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path
import kotlin.test.assertContains
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertSame

class ExecuTorchEngineTest {
    private fun engine(program: ModuleCalls = ScriptedModule()) =
        ExecuTorchEngine(program, "model.pte", CONTEXT, VOCABULARY, HIDDEN)

    private val tokens = IntArray(CONTEXT) { 7 * it % VOCABULARY }

    @Test
    fun `a step gives what the program gives`(): Unit = engine().use { engine ->
        val step = engine.forward(intArrayOf(1, 2, 3))
        assertEquals(3, step.lastLogits.size)
        assertEquals(VOCABULARY, step.logits.size)
        assertContentEquals(FloatArray(HIDDEN) { 3f }, step.hiddenLast)
        assertContentEquals(FloatArray(HIDDEN) { -3f }, step.hiddenMid)
        assertEquals(3, engine.position)
        assertSame(step.logits, step.lastLogits[2])
        assertFailsWith<IndexOutOfBoundsException> { step.lastLogits[3] }
    }

    @Test
    fun `logits of the last eight tokens are those of single steps`(): Unit = engine().use { engine ->
        val single = tokens.map { engine.forward(intArrayOf(it)).logits }
        for (count in listOf(1, 2, 7, 8, 9, CONTEXT)) {
            engine.truncate(0)
            val rows = engine.forward(tokens.copyOf(count)).lastLogits
            assertEquals(minOf(count, 8), rows.size)
            rows.forEachIndexed { row, logits -> assertContentEquals(single[count - rows.size + row], logits) }
        }
    }

    @Test
    fun `a cache that was cut back forgets`(): Unit = engine().use { engine ->
        engine.forward(intArrayOf(5, 6))
        val expected = engine.forward(intArrayOf(7)).logits
        engine.forward(intArrayOf(8, 9))
        engine.truncate(2)
        assertEquals(2, engine.position)
        assertContentEquals(expected, engine.forward(intArrayOf(7)).logits)
    }

    @Test
    fun `what is refused never reaches the program`() {
        val program = ScriptedModule()
        val engine = engine(program)
        engine.forward(tokens.copyOf(4))
        val calls = program.calls.toList()
        assertFailsWith<EngineError> { engine.forward(intArrayOf()) }
        assertFailsWith<EngineError> { engine.forward(intArrayOf(-1)) }
        assertFailsWith<EngineError> { engine.forward(intArrayOf(VOCABULARY)) }
        assertContains(assertFailsWith<EngineError> { engine.forward(IntArray(CONTEXT - 3)) }.allowed, "$CONTEXT")
        assertFailsWith<EngineError> { engine.truncate(5) }
        assertFailsWith<EngineError> { engine.truncate(-1) }
        assertEquals(calls, program.calls)
        assertEquals(4, engine.position)
    }

    @Test
    fun `a head answers, and refuses what it does not take`(): Unit = engine().use { engine ->
        val features = FloatArray(featureCount(RouterStage.POST, HIDDEN))
        assertEquals(-1.25, engine.route(RouterStage.POST, features.copyOf().also { it[0] = -1.25f }))
        assertFailsWith<EngineError> { engine.route(RouterStage.POST, features + 0f) }
        assertFailsWith<EngineError> { engine.route(RouterStage.POST, features.copyOf().also { it[3] = Float.NaN }) }
        val error =
            assertFailsWith<EngineError> {
                engine.route(RouterStage.PRE, FloatArray(featureCount(RouterStage.PRE, HIDDEN)))
            }
        assertContains(error.problem, "route_pre")
    }

    @Test
    fun `a failure of the program leaves the cache as it was, and says nothing of its own`() {
        var isFailing = false
        val engine = engine(ScriptedModule { IllegalStateException("secret").takeIf { isFailing } })
        engine.forward(tokens.copyOf(2))
        isFailing = true
        val step = assertFailsWith<EngineError> { engine.forward(intArrayOf(3)) }
        assertEquals("ExecuTorch failed on 1 tokens at position 2.", step.problem)
        assertFalse("secret" in step.message.orEmpty())
        val features = FloatArray(featureCount(RouterStage.POST, HIDDEN))
        assertContains(assertFailsWith<EngineError> { engine.route(RouterStage.POST, features) }.problem, "route_post")
        isFailing = false
        engine.forward(intArrayOf(3))
        assertEquals(3, engine.position)
    }

    @Test
    fun `a program of another kind is refused and closed`() {
        val other = ScriptedModule(methods = setOf("generate"))
        assertContains(assertFailsWith<EngineError> { engine(other) }.problem, "is not a program")
        assertEquals(listOf("close"), other.calls)
        val wider = ExecuTorchEngine(ScriptedModule(), "model.pte", CONTEXT, VOCABULARY + 1, HIDDEN)
        assertContains(assertFailsWith<EngineError> { wider.forward(intArrayOf(1)) }.problem, "is not a program")
        assertEquals(0, wider.position)
    }

    @Test
    fun `a method that cannot be loaded is told, and the program closed`() {
        val program = ScriptedModule { IllegalStateException(it).takeIf { _ -> it.startsWith("load") } }
        assertContains(assertFailsWith<EngineError> { engine(program) }.problem, "cannot load model.pte")
        assertEquals("close", program.calls.last())
    }

    @Test
    fun `closed twice it is closed and says so`() {
        val program = ScriptedModule()
        val engine = engine(program)
        engine.close()
        engine.close()
        assertEquals(1, program.calls.count { it == "close" })
        assertContains(assertFailsWith<EngineError> { engine.forward(intArrayOf(1)) }.problem, "closed")
        assertFailsWith<EngineError> { engine.truncate(0) }
        assertFailsWith<EngineError> { engine.route(RouterStage.POST, FloatArray(1)) }
    }

    @Test
    fun `a thread that was interrupted reads nothing and may go on`(): Unit = engine().use { engine ->
        Thread.currentThread().interrupt()
        assertFailsWith<InterruptedException> { engine.forward(intArrayOf(1)) }
        assertEquals(0, engine.position)
        engine.forward(intArrayOf(1))
    }

    @Test
    fun `what is missing is said`(
        @TempDir folder: Path,
    ) {
        val model = folder.resolve("model.pte")

        fun load() = assertFailsWith<EngineError> { ExecuTorchEngine(model, CONTEXT, VOCABULARY, HIDDEN, threads = 1) }
        assertContains(load().problem, "no file model.pte")
        Files.write(model, ByteArray(4096))
        // The native library is not on this machine.
        assertContains(load().nextStep, "org.pytorch:executorch-android")
    }
}
