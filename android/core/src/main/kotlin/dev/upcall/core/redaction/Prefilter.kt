package dev.upcall.core.redaction

import dev.upcall.core.redaction.patterns.PatternSet

/**
 * Says in one pass over a text which rules are tried on it, however many rules there are.
 *
 * A rule with keywords needs one of them; a rule that needs context, one of the words of that.
 *
 * @param rules in their order.
 */
internal class Prefilter(private val rules: List<Rule>) {
    private val withoutWords = rules.indices.filter { rules[it].words.isEmpty() }
    private val owners =
        rules.indices
            .flatMap { number -> rules[number].words.map { it to number } }
            .groupBy({ it.first }, { it.second })
    private val words = PatternSet(owners.keys.map { wordPattern(it, space = "[ _-]?") })
    private val numbers = owners.values.toList()

    /** Rules that can match in a text, in their order. */
    fun candidates(text: String): List<Rule> {
        val digits = text.count { it in '0'..'9' }
        val isTried = BooleanArray(rules.size)
        for (number in withoutWords) isTried[number] = true
        words.matching(Unicode.lower(text)).forEachIndexed { word, isFound ->
            if (isFound) for (number in numbers[word]) isTried[number] = true
        }
        return rules.filterIndexed { number, rule -> isTried[number] && rule.digits <= digits }
    }
}
