package dev.upcall.core.redaction.identifiers

import java.nio.ByteBuffer
import java.nio.ByteOrder

private const val RATE = 136 // bytes of the state that take input, for 256 bits out
private const val DIGEST_LANES = 4
private const val ROUNDS = 24

/** Keccak of 32 bytes as first submitted, with the padding 0x01, which no platform has. Source: keccak.team. */
internal fun keccak256(data: ByteArray): ByteArray {
    val padded = data.copyOf((data.size / RATE + 1) * RATE)
    padded[data.size] = 1
    padded[padded.size - 1] = (padded.last().toInt() or 0x80).toByte()
    val input = ByteBuffer.wrap(padded).order(ByteOrder.LITTLE_ENDIAN)
    val state = LongArray(25)
    repeat(padded.size / RATE) {
        for (lane in 0 until RATE / Long.SIZE_BYTES) state[lane] = state[lane] xor input.getLong()
        permute(state)
    }
    val digest = ByteBuffer.allocate(DIGEST_LANES * Long.SIZE_BYTES).order(ByteOrder.LITTLE_ENDIAN)
    for (lane in 0 until DIGEST_LANES) digest.putLong(state[lane])
    return digest.array()
}

private fun permute(state: LongArray) {
    var register = 1
    repeat(ROUNDS) {
        mixColumns(state)
        moveLanes(state)
        for (y in 0 until 25 step 5) {
            val row = state.copyOfRange(y, y + 5)
            for (x in 0 until 5) state[x + y] = row[x] xor (row[(x + 1) % 5].inv() and row[(x + 2) % 5])
        }
        for (bit in 0 until 7) {
            if (register and 1 == 1) state[0] = state[0] xor (1L shl ((1 shl bit) - 1))
            register = (register shl 1) xor (if (register shr 7 == 1) 0x171 else 0)
        }
    }
}

private fun mixColumns(state: LongArray) {
    val columns =
        LongArray(5) { x ->
            state[x] xor state[x + 5] xor state[x + 10] xor state[x + 15] xor state[x + 20]
        }
    for (x in 0 until 5) {
        val mixed = columns[(x + 4) % 5] xor columns[(x + 1) % 5].rotateLeft(1)
        for (y in 0 until 25 step 5) state[x + y] = state[x + y] xor mixed
    }
}

private fun moveLanes(state: LongArray) {
    var x = 1
    var y = 0
    var moved = state[1]
    for (step in 0 until ROUNDS) {
        val next = (2 * x + 3 * y) % 5
        x = y
        y = next
        val kept = state[x + 5 * y]
        state[x + 5 * y] = moved.rotateLeft((step + 1) * (step + 2) / 2 % Long.SIZE_BITS)
        moved = kept
    }
}
