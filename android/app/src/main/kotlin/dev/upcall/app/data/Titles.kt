package dev.upcall.app.data

private val BLANKS = Regex("\\s+")

/** The name of a conversation: the first words of its first question, at most [LONGEST_TITLE] characters. */
internal fun titleOf(question: String): String = shortened(question.trim().replace(BLANKS, " "))

/** At most [LONGEST_TITLE] code points, cut at the end of a word where one is near. */
internal fun shortened(title: String): String {
    if (title.codePointCount(0, title.length) <= LONGEST_TITLE) return title
    val cut = title.substring(0, title.offsetByCodePoints(0, LONGEST_TITLE - 1))
    val word = cut.substringBeforeLast(' ')
    return (if (word.length >= cut.length / 2) word else cut) + "…"
}
