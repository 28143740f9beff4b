package dev.upcall.core.redaction.structure

import dev.upcall.core.redaction.Unicode
import dev.upcall.core.redaction.points
import java.util.concurrent.ConcurrentHashMap

/** Code points of the longest label; what is longer is a sentence. */
internal val LONGEST_LABEL: Int by limit("labels", "longest_label")

/**
 * Says which labels can make their values private. Safe to use from several threads.
 *
 * @param hasWord whether a word of a rule stands near [start, end) of a text.
 * @param notPrivate whole words that make a label one of something else, such as `count` or `call id`.
 * @param general whole words that name no kind of value, such as `number` or `home`: the key above them does.
 * @param columns keys of the names of columns.
 * @param makers words before a bracket with values in it, such as `array` or `listOf`, lower case.
 * @param versions whole words of labels of versions.
 */
internal class Labels(
    private val hasWord: (text: String, start: Int, end: Int) -> Boolean,
    notPrivate: Iterable<String>,
    general: Iterable<String>,
    columns: Iterable<String>,
    makers: Iterable<String>,
    versions: Iterable<String>,
) {
    private val notPrivate = notPrivate.map { " $it " }
    private val general = general.toHashSet()
    private val columns = columns.toHashSet()
    private val makers = makers.toHashSet()
    private val versions = versions.toHashSet()
    private val seen = ConcurrentHashMap<String, String>() // each text asks for few labels many times

    /** The label in plain words if it can make values private, else null. */
    fun private(label: String): String? {
        if (!isShort(label)) return null
        val plain =
            seen[label] ?: privateWords(label).also {
                if (seen.size >= MOST_SEEN) seen.clear()
                seen[label] = it
            }
        return plain.ifEmpty { null }
    }

    /** The part of a sentence that is a label that counts, such as `the phone numbers of`, or null. */
    fun within(sentence: String): String? {
        if (private(sentence) != null) return sentence
        val words = Unicode.words(sentence)
        for (index in 0 until minOf(words.size, LONGEST_SENTENCE) - 1) {
            val part = words.subList(index, minOf(index + PART, words.size)).joinToString(" ")
            if (private(part) != null && !isSomethingElse(words.getOrElse(index + PART) { "" })) return part
        }
        return null
    }

    /** Whether a text may be the name of a column: short, and with next to no digits. */
    fun isLabel(text: String): Boolean = isShort(text) && !isCode(text) && Unicode.words(text).size <= MOST_WORDS

    /** Whether what stands in brackets after a word, in lower case, is a list of values, not arguments. */
    fun makesLists(word: String): Boolean = word in makers

    /** Whether a label says that its values are versions of something. */
    fun isVersion(label: String): Boolean = plainWords(label).any { it in versions }

    /** Whether the values of a key are the names of columns. */
    fun namesColumns(key: String): Boolean = Unicode.lower(key) in columns

    /** Whether each word of a label is one that names no kind of value. An empty label is general. */
    fun isGeneral(label: String): Boolean = plainWords(label).all { it in general || Unicode.digit.all(it) }

    /** Whether a label says that its values are not private, whatever stands above it. */
    fun isSomethingElse(label: String): Boolean {
        if (isCode(label)) return true
        val plain = " ${Unicode.lower(plainLabel(label))} "
        return notPrivate.any { it in plain }
    }

    private fun privateWords(label: String): String {
        val plain = plainLabel(label)
        val words = Unicode.words(Unicode.lower(plain))
        if (words.isEmpty() || words.size > MOST_WORDS || isSomethingElse(label)) return ""
        // In the singular, as rules have it.
        val isPlural = words.last().points > SHORTEST_PLURAL && plain.endsWith('s') && !plain.endsWith("ss")
        val singular = if (isPlural) plain.dropLast(1) else plain
        return if (hasWord(singular, singular.length, singular.length)) singular else ""
    }

    private fun plainWords(label: String): List<String> = Unicode.words(Unicode.lower(plainLabel(label)))
}

private const val MOST_SEEN = 4096
private val MOST_WORDS by limit("labels", "most_words")
private val LONGEST_SENTENCE by limit("labels", "longest_sentence_words")
private val PART by limit("labels", "part_words")
private val SHORTEST_PLURAL by limit("labels", "shortest_plural")
private val MOST_DIGITS by limit("labels", "most_digits") // "Phone 1"

private fun isCode(label: String): Boolean =
    '=' in label || ';' in label || label.count { it == '(' } != label.count { it == ')' }

private fun isShort(text: String): Boolean =
    !text.isLonger(LONGEST_LABEL) && Unicode.digit.count(text, atMost = MOST_DIGITS + 1) <= MOST_DIGITS
