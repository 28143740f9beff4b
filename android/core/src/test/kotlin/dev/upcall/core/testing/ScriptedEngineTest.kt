package dev.upcall.core.testing

import dev.upcall.core.EngineError
import dev.upcall.core.languagemodel.Piece
import dev.upcall.core.languagemodel.RouterStage
import dev.upcall.core.languagemodel.Tokenizer
import dev.upcall.core.languagemodel.logSoftmax
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path
import kotlin.math.exp
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

class ScriptedEngineTest {
    @Test
    fun `a scripted probability must make its token the likeliest`() {
        for (probability in listOf(0.0, -1.0, 1.1, 1.0 / 258)) {
            val engine = ScriptedEngine { Scripted(1, probability) }
            assertFailsWith<IllegalArgumentException> { engine.forward(intArrayOf(1)) }
        }
    }

    @Test
    fun `a scripted probability is met`() {
        val logits = ScriptedEngine { Scripted(7, 0.25) }.forward(intArrayOf(1)).logits
        assertEquals(0.25, exp(logSoftmax(logits)[7]), 1e-6)
        assertEquals(0f, ScriptedEngine { Scripted(7, 1.0) }.forward(intArrayOf(1)).logits[7])
    }

    @Test
    fun `it gives as many rows as an engine must`() {
        val step = ScriptedEngine { Scripted(it.size, 0.9) }.forward(IntArray(20))
        assertEquals((13..20).toList(), step.lastLogits.map { row -> row.indices.maxBy { row[it] } })
        assertContentEquals(floatArrayOf(20f, 20f), step.hiddenLast)
    }

    @Test
    fun `it refuses what an engine refuses`() {
        val engine = ScriptedEngine(contextLength = 3, heads = mapOf(RouterStage.PRE to { -0.5 })) { Scripted(1, 0.9) }
        assertFailsWith<EngineError> { engine.forward(IntArray(0)) }
        assertFailsWith<EngineError> { engine.forward(intArrayOf(BYTE_VOCABULARY_SIZE)) }
        assertFailsWith<EngineError> { engine.forward(IntArray(4)) }
        assertFailsWith<EngineError> { engine.truncate(1) }
        assertFailsWith<EngineError> { engine.route(RouterStage.POST, FloatArray(15)) }
        assertFailsWith<EngineError> { engine.route(RouterStage.PRE, FloatArray(7)) }
        assertEquals(-0.5, engine.route(RouterStage.PRE, FloatArray(8)))
        engine.close()
        assertFailsWith<EngineError> { engine.position }
    }

    @Test
    fun `the tokenizer of bytes can be written to a file`(
        @TempDir folder: Path,
    ) {
        val tokenizer = Tokenizer.open(writeByteTokenizer(folder.resolve("tokenizer.json")))
        assertEquals(BYTE_VOCABULARY_SIZE, tokenizer.vocabularySize)
        val pieces = listOf(Piece("$TURN_START hé", isTemplate = true))
        assertContentEquals(byteTokenizer().encode(pieces), tokenizer.encode(pieces))
        assertEquals(TURN_START_ID, tokenizer.encode(pieces).first())
    }
}
