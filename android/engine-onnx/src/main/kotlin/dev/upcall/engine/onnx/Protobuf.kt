package dev.upcall.engine.onnx

import java.nio.ByteBuffer
import java.nio.ByteOrder

/** One field of a message in the wire format of Protocol Buffers: [bytes] of a length or of 4 or 8 bytes, else [number]. */
internal class ProtobufField(val id: Int, val number: Long, val bytes: ByteBuffer) {
    val text: String get() = Charsets.UTF_8.decode(bytes.duplicate()).toString()
}

/**
 * The fields of a message, in order.
 *
 * @throws IllegalArgumentException it is no such message.
 */
internal fun protobufFields(message: ByteBuffer): List<ProtobufField> = buildList {
    val given = message.duplicate()
    while (given.hasRemaining()) {
        val key = given.varint()
        val length =
            when ((key and 7).toInt()) {
                VARINT -> 0
                FIXED_64 -> Long.SIZE_BYTES
                LENGTH -> given.varint().toInt()
                FIXED_32 -> Int.SIZE_BYTES
                else -> throw IllegalArgumentException("no wire type")
            }
        val number = if ((key and 7).toInt() == VARINT) given.varint() else 0
        require(length in 0..given.remaining()) { "cut off" }
        val bytes = given.duplicate().apply { upTo(position() + length) }.slice().order(ByteOrder.LITTLE_ENDIAN)
        given.from(given.position() + length)
        add(ProtobufField((key ushr 3).toInt(), number, bytes))
    }
}

/** Numbers of a repeated field, packed or one by one. */
internal fun List<ProtobufField>.numbers(id: Int): List<Long> = filter { it.id == id }.flatMap { field ->
    if (field.bytes.hasRemaining()) {
        val packed = field.bytes.duplicate()
        generateSequence { if (packed.hasRemaining()) packed.varint() else null }.toList()
    } else {
        listOf(field.number)
    }
}

private fun ByteBuffer.varint(): Long {
    var value = 0L
    for (shift in 0 until Long.SIZE_BITS step 7) {
        require(hasRemaining()) { "cut off" }
        val byte = get().toLong()
        value = value or ((byte and 0x7F) shl shift)
        if (byte >= 0) return value
    }
    throw IllegalArgumentException("too long a number")
}

/** Writes a message; the order of the calls is that of the fields. Long values are not copied before the end. */
internal class ProtobufMessage {
    private val parts = mutableListOf<ByteArray>()
    private var size = 0

    fun toByteArray(): ByteArray {
        val whole = ByteBuffer.allocate(size)
        parts.forEach(whole::put)
        return whole.array()
    }

    fun number(id: Int, value: Long) = apply { add(varint(id.toLong() shl 3 or VARINT.toLong()) + varint(value)) }

    fun single(id: Int, value: Float) = apply {
        val bytes = ByteBuffer.allocate(Float.SIZE_BYTES).order(ByteOrder.LITTLE_ENDIAN).putFloat(value)
        add(varint(id.toLong() shl 3 or FIXED_32.toLong()) + bytes.array())
    }

    fun bytes(id: Int, value: ByteArray) = apply {
        addLength(id, value.size)
        add(value)
    }

    fun text(id: Int, value: String) = bytes(id, value.encodeToByteArray())

    fun message(id: Int, value: ProtobufMessage) = apply {
        addLength(id, value.size)
        value.parts.forEach(::add)
    }

    private fun addLength(id: Int, length: Int) =
        add(varint(id.toLong() shl 3 or LENGTH.toLong()) + varint(length.toLong()))

    private fun add(part: ByteArray) {
        parts.add(part)
        size += part.size
    }
}

private fun varint(value: Long): ByteArray {
    val parts = generateSequence(value) { it ushr 7 }.takeWhile { it != 0L }.toList()
    if (parts.isEmpty()) return byteArrayOf(0)
    return ByteArray(parts.size) { (parts[it] and 0x7F or (if (it < parts.lastIndex) 0x80 else 0)).toByte() }
}

private const val VARINT = 0
private const val FIXED_64 = 1
private const val LENGTH = 2
private const val FIXED_32 = 5
