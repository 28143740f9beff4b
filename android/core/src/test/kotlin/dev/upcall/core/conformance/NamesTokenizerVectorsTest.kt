package dev.upcall.core.conformance

import dev.upcall.core.redaction.codePointOffset
import dev.upcall.core.redaction.names.WordPiece
import kotlinx.serialization.json.jsonArray
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.TestFactory
import kotlin.test.assertEquals

/** proto/vectors/names_tokenizer.json: pieces of words and where they stand. */
class NamesTokenizerVectorsTest {
    private val suite = suite("names_tokenizer")
    private val tokenizer = WordPiece(suite.getValue("tokenizer").toString().encodeToByteArray())

    @TestFactory
    fun encode(): List<DynamicTest> = suite.cases("encode") { case ->
        val text = case.text("text")!!
        val encoding = tokenizer.encode(text)
        assertEquals(case.list("ids").ints().toList(), encoding.ids.map { it.toInt() })
        val offsets =
            encoding.starts.zip(encoding.ends) { start, end ->
                listOf(text.codePointOffset(start), text.codePointOffset(end))
            }
        assertEquals(case.list("offsets").map { it.jsonArray.ints().toList() }, offsets)
    }
}
