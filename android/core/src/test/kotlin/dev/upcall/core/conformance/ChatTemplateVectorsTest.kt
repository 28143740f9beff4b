package dev.upcall.core.conformance

import dev.upcall.core.Message
import dev.upcall.core.ProtoJson
import dev.upcall.core.Role
import dev.upcall.core.TEMPLATE_FIELDS
import dev.upcall.core.languagemodel.Piece
import dev.upcall.core.readTemplate
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.TestFactory
import kotlin.test.assertEquals

class ChatTemplateVectorsTest {
    @TestFactory
    fun `conversations are written as in the vectors`() = suite("chat_template").cases("render") { case ->
        val template = readTemplate(ProtoJson.read(case.getValue("template").toString(), *TEMPLATE_FIELDS))

        val given = case.list("messages").map { it.jsonObject }

        fun render() = template.render(given.map { Message(Role.of(it.text("role")!!), it.text("content")!!) })
        val error = case.text("error")
        if (error != null) {
            refused(error) { render() }
        } else {
            val expected = case.list("expect").map { it.jsonObject }
            assertEquals(expected.map { Piece(it.text("text")!!, it.flag("is_template")!!) }, render())
        }
    }
}
