package dev.upcall.engine.onnx

import org.junit.jupiter.api.Test
import java.nio.ByteBuffer
import java.security.MessageDigest
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

class RampartGraphTest {
    @Test
    fun `the faster graph is byte for byte that of Python`() {
        val hash = MessageDigest.getInstance("SHA-256").digest(fastGraph(nameModel("model_q4.onnx")))
        assertEquals(GRAPH_SHA256, hash.joinToString("") { "%02x".format(it) })
    }

    @Test
    fun `what is no graph of that model is refused`() {
        val node = ProtobufMessage().text(1, "given").text(2, "made").text(4, "MatMulNBits")
        val graph = ProtobufMessage().message(1, node)
        val empty = ProtobufMessage().message(7, ProtobufMessage())
        for (model in listOf(ProtobufMessage(), empty, ProtobufMessage().message(7, graph))) {
            assertFailsWith<NoSuchElementException> { fastGraph(model.toByteArray()) }
        }
    }

    @Test
    fun `messages are read as they were written`() {
        val inner = ProtobufMessage().text(2, "für").number(3, -1).single(4, 1.5f)
        val message = ProtobufMessage().number(1, 0).number(1, 127).number(1, 128).message(300, inner)
        val fields = protobufFields(ByteBuffer.wrap(message.toByteArray()))
        assertEquals(listOf(0L, 127L, 128L), fields.numbers(1))
        val (text, number, single) = protobufFields(fields.last().bytes)
        assertEquals(listOf(300, 2, 3, 4), listOf(fields.last().id, text.id, number.id, single.id))
        assertEquals("für", text.text)
        assertEquals(-1, number.number)
        assertEquals(1.5f, single.bytes.getFloat(0))
        val packed = ProtobufMessage().bytes(1, byteArrayOf(3, 0x80.toByte(), 1))
        assertEquals(listOf(3L, 128L), protobufFields(ByteBuffer.wrap(packed.toByteArray())).numbers(1))
    }

    @Test
    fun `broken messages are refused`() {
        val broken = listOf(byteArrayOf(8), byteArrayOf(0x0A, 5, 1), byteArrayOf(0x0B), byteArrayOf(0x0D, 1, 2))
        for (bytes in broken + ByteArray(11) { -1 }) {
            assertFailsWith<IllegalArgumentException> { protobufFields(ByteBuffer.wrap(bytes)) }
        }
        val length = byteArrayOf(0x0A) + ByteArray(9) { -1 } + 1
        assertFailsWith<IllegalArgumentException> { protobufFields(ByteBuffer.wrap(length)) }
    }

    private companion object {
        const val GRAPH_SHA256 = "1871ec47c812b443cb89b2e2e7eab43a0629709947ac4ca3fd3bfce1054128bc"
    }
}
