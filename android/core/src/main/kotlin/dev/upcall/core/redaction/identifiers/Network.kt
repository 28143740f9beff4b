package dev.upcall.core.redaction.identifiers

private const val OCTETS = 4
private const val GROUPS = 8
private const val HEXADECIMAL = 16

/** Internet addresses with the same beginning. */
internal class Network private constructor(private val address: ByteArray, private val bits: Int) {
    /** Whether an address of the same version, as [internetAddress] gives it, belongs to the network. */
    operator fun contains(other: ByteArray): Boolean = other.size == address.size &&
        (0 until bits).all { bit ->
            val mask = 0x80 shr bit % Byte.SIZE_BITS
            (address[bit / Byte.SIZE_BITS].toInt() xor other[bit / Byte.SIZE_BITS].toInt()) and mask == 0
        }

    companion object {
        /**
         * From the notation of CIDR, such as `10.0.0.0/8`.
         *
         * @throws IllegalArgumentException it is not in that notation.
         */
        fun of(text: String): Network {
            val address = requireNotNull(internetAddress(text.substringBefore('/'))) { "no network" }
            val bits = text.substringAfter('/').toInt()
            require(bits in 0..address.size * Byte.SIZE_BITS) { "no network" }
            return Network(address, bits)
        }
    }
}

/** The 4 or 16 bytes of an internet address, or null where a text is none. A number has no zeros before it. */
internal fun internetAddress(text: String): ByteArray? = if (':' in text) version6(text) else version4(text)

private fun version4(text: String): ByteArray? {
    val octets = text.split('.').map(::octet)
    if (octets.size != OCTETS || null in octets) return null
    return ByteArray(OCTETS) { octets[it]!!.toByte() }
}

private fun octet(text: String): Int? = text
    .takeIf { it.length in 1..3 && it.all { digit -> digit in '0'..'9' } && (it.length == 1 || it[0] != '0') }
    ?.toInt()
    ?.takeIf { it <= 0xFF }

private fun version6(text: String): ByteArray? {
    val groups = groups(text) ?: return null
    val gaps = (1 until groups.lastIndex).filter { groups[it].isEmpty() }
    if (gaps.size > 1 || groups.size > GROUPS + 1) return null
    val gap = gaps.firstOrNull()
    val numbers =
        if (gap == null) {
            groups
        } else {
            // Beside the gap an end of the text may be empty, too.
            val before = groups.take(gap).let { if (it == listOf("")) emptyList() else it }
            val after = groups.drop(gap + 1).let { if (it == listOf("")) emptyList() else it }
            if (before.size + after.size >= GROUPS) return null
            before + List(GROUPS - before.size - after.size) { "0" } + after
        }
    if (numbers.size != GROUPS || !numbers.all(::isGroup)) return null
    return ByteArray(2 * GROUPS) { (numbers[it / 2].toInt(HEXADECIMAL) shr if (it % 2 == 0) 8 else 0).toByte() }
}

/** What stands between colons, an address of version 4 at the end as two groups; null where that is none. */
private fun groups(text: String): List<String>? {
    val groups = text.split(':')
    if ('.' !in groups.last()) return groups
    val (first, second, third, fourth) = version4(groups.last())?.map { it.toInt() and 0xFF } ?: return null
    return groups.dropLast(1) + listOf(first * 0x100 + second, third * 0x100 + fourth).map { it.toString(HEXADECIMAL) }
}

private fun isGroup(text: String): Boolean =
    text.length in 1..4 && text.all { it in '0'..'9' || it in 'a'..'f' || it in 'A'..'F' }
