package dev.upcall.core.redaction.structure

import dev.upcall.core.redaction.Place
import dev.upcall.core.redaction.Unicode

/** What may stand around a value and is none of it. */
internal const val AROUND_VALUES = " \t\"'`*."

private val LABEL_WORDS by limit("lists", "most_label_words")
private val FEWEST_DIGITS by limit("lists", "fewest_digits")
private const val DIGITS_OF_TWO = 10
private const val LONGEST_LABEL_PART = 80 // code points
private const val BETWEEN = ",;|、，；/"
private val VERBS = listOf("are", "is", "was", "were", "sind", "lauten", "sont", "son", "sono", "são", "zijn")
private val CONJUNCTIONS = setOf("and", "or", "und", "oder", "et", "ou", "y", "o", "e", "en", "и")
private val LONGEST_CONJUNCTION = CONJUNCTIONS.maxOf { it.length }

/** The values in a line such as `Phones: 2125550123, 2125550124 and 2125550125`; null where there are less than two. */
internal fun inLineColumn(line: Line, labels: Labels): Column? {
    val text = line.text
    if (text.count { it.isAsciiDigit() } < DIGITS_OF_TWO) return null
    val (end, values) = labelledValues(text) ?: return null
    val words = Unicode.words(text.substring(0, end)).takeLast(LABEL_WORDS)
    val label = labels.within(words.joinToString(" ")) ?: return null
    // Words with nothing but a blank between them are a list only where each is a value.
    val parts =
        divided(text, values)
            ?: text.wordPlaces(values, text.length).takeIf { places -> places.all { isNumber(it.of(text)) } }
            ?: return null
    val cells =
        parts
            .map { part -> text.trimmed(part.start, part.end) { it in AROUND_VALUES } }
            .filter { isNumber(it.of(text)) }
            .map { Place(line.low + it.start, line.low + it.end) }
    return if (cells.size > 1) Column(label, cells) else null
}

/** Whether a value is a number long enough to be private, and no code. */
internal fun isNumber(value: String): Boolean =
    Unicode.digit.count(value, atMost = FEWEST_DIGITS) >= FEWEST_DIGITS && value.none { it in "=[]{}<>\"'" }

/** Where the label at the beginning of a line ends, and where its values begin; null where nothing parts them. */
private fun labelledValues(text: String): Pair<Int, Int>? {
    var end = 0
    var marked = 0 // where the marks of emphasis behind the label end
    repeat(LONGEST_LABEL_PART) {
        if (end >= text.length || text[end] in COLONS) return null
        end += Character.charCount(text.codePointAt(end))
        if (marked < end) marked = text.skip(end) { it == '*' || it == '_' }
        val values = valuesFrom(text, marked)
        if (values >= 0) return end to values
    }
    return null
}

/** Where values begin behind a colon or a verb at [start], or −1. */
private fun valuesFrom(text: String, start: Int): Int {
    if (start >= text.length) return -1
    if (text[start] in COLONS) return behindMarks(text, start + 1)
    if (!text[start].isSpace()) return -1
    val verb =
        VERBS.firstOrNull { text.startsWith(it, start + 1) && !isInWord(text, start + 1 + it.length) } ?: return -1
    val end = start + 1 + verb.length
    val behindColon = if (text.startsWith(":", end)) behindMarks(text, end + 1) else -1
    return if (behindColon >= 0) behindColon else behindMarks(text, end)
}

/** The first character from [start] on that is no mark and no blank, else the last mark; −1 where there is neither. */
private fun behindMarks(text: String, start: Int): Int {
    val end = text.skip(start) { it.isBlank() || it == '*' || it == '_' }
    if (end < text.length && !text[end].isSpace()) return end
    val mark = text.skipBack(end, start) { it.isBlank() }
    return if (mark > start) mark - 1 else -1
}

/** The parts of a text from [start] on between commas, conjunctions and wide gaps; null where there are none of these. */
private fun divided(text: String, start: Int): List<Place>? {
    val parts = mutableListOf<Place>()
    var low = start
    var index = start
    while (index < text.length) {
        val end = dividerEnd(text, index)
        if (end > index) {
            parts.add(Place(low, index))
            low = end
        }
        index = maxOf(end, index + 1)
    }
    parts.add(Place(low, text.length))
    return parts.takeIf { it.size > 1 }
}

/** Where a divider ends that begins at [start]; [start] where there is none. */
private fun dividerEnd(text: String, start: Int): Int {
    val behindMark = if (text[start] in BETWEEN) start + 1 else start
    val end = text.skip(behindMark) { it.isSpace() }
    if (behindMark > start || end == start) return end
    val wordEnd = text.skip(end, minOf(text.length, end + LONGEST_CONJUNCTION)) { !it.isSpace() }
    val behindWord = text.skip(wordEnd) { it.isSpace() }
    return when {
        behindWord > wordEnd && text.substring(end, wordEnd) in CONJUNCTIONS -> behindWord
        end - start > 1 -> end
        else -> start
    }
}
