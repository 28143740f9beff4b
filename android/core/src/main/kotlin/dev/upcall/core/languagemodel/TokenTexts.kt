package dev.upcall.core.languagemodel

/**
 * What each token of a vocabulary says.
 *
 * @param bytes of each id; null where there is no such id.
 * @param areBytes of a vocabulary that falls back to bytes: which ids stand for one byte.
 */
internal class TokenTexts(private val bytes: Array<ByteArray?>, private val areBytes: BooleanArray?) {
    /** Whether an id is known. */
    operator fun contains(id: Int): Boolean = bytes.getOrNull(id) != null

    /** The text of known ids. What is no UTF-8 is U+FFFD; with a fall-back to bytes, every byte of a run that is none. */
    fun decode(ids: List<Int>): String {
        if (areBytes == null) return utf8(joined(ids))
        return buildString {
            var at = 0
            while (at < ids.size) {
                val start = at++
                if (areBytes[ids[start]]) while (at < ids.size && areBytes[ids[at]]) at++
                val run = joined(ids.subList(start, at))
                if (areBytes[ids[start]]) {
                    append(utf8OrNull(run) ?: REPLACEMENT.toString().repeat(run.size))
                } else {
                    append(utf8(run))
                }
            }
        }
    }

    private fun joined(ids: List<Int>): ByteArray {
        val result = ByteArray(ids.sumOf { bytes[it]!!.size })
        var at = 0
        for (id in ids) {
            bytes[id]!!.copyInto(result, at)
            at += bytes[id]!!.size
        }
        return result
    }
}
