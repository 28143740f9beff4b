package dev.upcall.core.conformance

import dev.upcall.core.redaction.blankPlaceholders
import dev.upcall.core.redaction.codePointOffset
import dev.upcall.core.redaction.names.Classifier
import dev.upcall.core.redaction.names.Names
import dev.upcall.core.redaction.names.Tokens
import dev.upcall.core.redaction.names.loadNameRules
import dev.upcall.core.redaction.names.unreadLetters
import dev.upcall.core.redaction.utf16Offset
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import kotlin.test.assertEquals

/** proto/vectors/names_decoding.json: spans from given tokens, without a model. */
class NamesDecodingVectorsTest {
    private val suite = suite("names_decoding")
    private val labels = suite.list("labels").texts()

    /** A classifier that says what a case says: the tokens that stand in the window. */
    private inner class GivenTokens(private val whole: String, private val tokens: List<JsonObject>) : Classifier {
        override val version = "given"
        override val labels = this@NamesDecodingVectorsTest.labels

        override fun classify(text: String): Tokens {
            val window = whole.indexOf(text)
            val places = tokens.map { whole.place(it, "start") - window to whole.place(it, "end") - window }
            val own = tokens.indices.filter { places[it].first >= 0 && places[it].second <= text.length }
            return Tokens(
                own.map { places[it].first }.toIntArray(),
                own.map { places[it].second }.toIntArray(),
                own.map { row(tokens[it].getValue("mass").jsonObject) }.toTypedArray(),
            )
        }

        private fun row(mass: JsonObject): FloatArray {
            val row = FloatArray(labels.size)
            for ((label, share) in mass) row[labels.indexOf(label)] = share.jsonPrimitive.content.toFloat()
            row[0] = 1 - row.sum()
            return row
        }
    }

    private fun String.place(token: JsonObject, key: String) = utf16Offset(token.number(key)!!.toInt())

    @TestFactory
    fun spans(): List<DynamicTest> = suite.cases("spans") { case ->
        val text = blankPlaceholders(case.text("text")!!)
        val tokens = case.list("tokens").map { it.jsonObject }
        val found =
            Names(GivenTokens(text, tokens)).spans(text).map { span ->
                Triple(text.codePointOffset(span.start), text.codePointOffset(span.end), span.entityType.name)
            }
        val expected =
            case.list("expect").map { it.jsonObject }.map { span ->
                Triple(span.number("start")!!.toInt(), span.number("end")!!.toInt(), span.text("entity_type")!!)
            }
        assertEquals(expected, found)
    }

    @TestFactory
    fun unread(): List<DynamicTest> = suite.cases("unread_letters") { case ->
        assertEquals(case.number("expect")!!.toInt(), unreadLetters(case.text("text")!!))
    }

    @Test
    fun `the labels are those of the rules`() {
        val named = loadNameRules().labels.keys.flatMap { listOf("B-$it", "I-$it") }
        assertEquals(listOf("O") + named, labels)
    }
}
