package dev.upcall.core.redaction

/**
 * Says in one pass over a text which rules are tried on it, however many rules there are.
 *
 * A rule with keywords needs one of them; a rule that needs context, one of the words of that.
 *
 * @param rules in their order.
 */
internal class Prefilter(private val rules: List<Rule>) {
    private val withoutWords = rules.indices.filter { rules[it].words.isEmpty() }
    private val owners = rules.indices
        .flatMap { number -> rules[number].words.map { it to number } }
        .groupBy({ it.first }, { it.second })
    private val words = owners.keys.map { com.google.re2j.Pattern.compile(wordPattern(it, "[ _-]?")) }
    private val numbers = owners.values.toList()

    /** Rules that can match in a text, in their order. */
    fun candidates(text: String): List<Rule> {
        val digits = text.count { it in '0'..'9' }
        val lower = Unicode.lower(text)
        val found = withoutWords.toMutableSet()
        for ((index, word) in words.withIndex()) if (word.matcher(lower).find()) found.addAll(numbers[index])
        return found.sorted().map(rules::get).filter { it.digits <= digits }
    }
}
