package dev.upcall.core.conformance

import dev.upcall.core.languagemodel.Piece
import dev.upcall.core.languagemodel.Tokenizer
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class TokenizerVectorsTest {
    private val suite = suite("tokenizer")
    private val tokenizers =
        suite.getValue("tokenizers").jsonObject.mapValues { (_, content) -> Tokenizer.parse(content.toString()) }

    @TestFactory
    fun `texts have the ids of the vectors`() = suite.cases("encode") { case ->
        val pieces =
            case
                .list("pieces")
                .map { it.jsonObject }
                .map { Piece(it.text("text")!!, isTemplate = it.flag("is_template")!!) }
        assertContentEquals(case.list("ids").ints(), tokenizers.getValue(case.text("tokenizer")!!).encode(pieces))
    }

    @TestFactory
    fun `ids become the texts of the vectors`() = suite.cases("stream") { case ->
        val stream = tokenizers.getValue(case.text("tokenizer")!!).stream()
        assertEquals(case.list("pieces").texts(), case.list("ids").ints().map(stream::push))
        assertEquals(case.text("rest"), stream.finish())
    }

    @Test
    fun `byte-level texts come back`() {
        for (name in tokenizers.keys - "fallback") {
            val messages =
                suite
                    .list("encode")
                    .map { it.jsonObject }
                    .filter { it.text("tokenizer") == name && it.list("pieces").size == 1 }
                    .map { case -> case.list("ids").ints() to case.list("pieces")[0].jsonObject }
                    .filter { (_, piece) -> piece.flag("is_template") == false }
            assertTrue(messages.size > 20)
            for ((ids, piece) in messages) {
                val stream = tokenizers.getValue(name).stream()
                assertEquals(piece.text("text"), ids.joinToString("", transform = stream::push) + stream.finish())
            }
        }
    }
}
