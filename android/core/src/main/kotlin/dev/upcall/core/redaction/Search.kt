package dev.upcall.core.redaction

import dev.upcall.core.redaction.structure.columnsOf
import dev.upcall.core.redaction.structure.labelled

private const val SEPARATORS = "-./"
private const val COLUMN_DETECTOR = "column"

/**
 * Finds what the rules find in one text as it stands, without its plainer copies and encoded parts.
 *
 * @param rules to be applied.
 * @param regions whose national telephone numbers are looked for, ISO 3166.
 */
internal class Search(private val rules: Rules, private val regions: List<String>) {
    /**
     * What the rules find, also by what a label far away says and by what stands beside a value in a column.
     *
     * @param skipsPhones leaves out telephone numbers, which take long.
     */
    fun all(text: String, skipsPhones: Boolean): List<Span> {
        val found = spans(text, skipsPhones).toMutableList()
        val columns = columnsOf(text, rules.labels)
        if (columns.isEmpty()) return found
        val known = found.mapTo(HashSet(), Span::place)
        labelled(text, columns, rules.labels, known)?.let { copy ->
            for (span in spans(copy.text, skipsPhones)) {
                val place = copy.original(span.start, span.end) ?: continue
                found.add(span.copy(start = place.start, end = place.end))
            }
        }
        val types = found.associate { it.place to it.entityType }
        val versions = columns.filter { rules.labels.isVersion(it.label) }.flatMapTo(HashSet()) { it.cells }
        found.removeAll { it.entityType == EntityType.IP_ADDRESS && it.place in versions }
        for ((place, type) in rules.siblings.found(text, columns, types)) {
            found.add(Span(place.start, place.end, type, COLUMN_DETECTOR))
        }
        return found
    }

    /** What the rules find in a text as it stands. */
    fun spans(text: String, skipsPhones: Boolean = false): List<Span> {
        val found = mutableListOf<Span>()
        val lookAlikes = LookAlikePlaces(rules, text)
        for (rule in rules.prefilter.candidates(text)) {
            val isPhone = rule.validator == PHONE
            if (isPhone && skipsPhones) continue
            val searched = lookAlikes.searched(rule.entityType)
            // What is already found is no telephone number, and asking about them is slow.
            val within = if (isPhone) blanked(searched.text, found.map(Span::place)) else searched.text
            for (place in found(rule, within, searched.cover)) {
                found.add(Span(place.start, place.end, rule.entityType, rule.name))
            }
        }
        return found
    }

    private fun found(rule: Rule, text: String, excluded: Cover): List<Place> = rule.pattern
        .values(text)
        .filter { !excluded.holds(it.start, it.end) }
        .flatMap { CHECKS.getValue(rule.validator)(Candidate(text, it, rule, rules, regions)) }
        .filter { !excluded.holds(it.start, it.end) && isWhole(rule, text, it) }

    private fun isWhole(rule: Rule, text: String, place: Place): Boolean =
        hasEdges(rule, text, place) && !(rule.alone && goesOn(text, place)) &&
            (!rule.needsContext || rule.hasContext(text, place.start, place.end))

    private fun hasEdges(rule: Rule, text: String, place: Place): Boolean {
        val unspaced = rules.characters.unspaced
        val isGluedBefore = place.start > 0 && isLetter(text.codePointBefore(place.start), unspaced)
        val isGluedAfter = place.end < text.length && isLetter(text.codePointAt(place.end), unspaced)
        return !(isGluedBefore && rule.edges != "none") && !(isGluedAfter && rule.edges == "both")
    }

    private companion object {
        const val PHONE = "phone"
    }
}

private val Span.place get() = Place(start, end)

/** Whether another digit stands beside a number, one separator away: also a space, where the number itself has some. */
private fun goesOn(text: String, place: Place): Boolean {
    val separators = if (' ' in place.of(text)) "$SEPARATORS " else SEPARATORS

    fun isDigit(index: Int) = index in text.indices && text[index] in '0'..'9'
    val goesBefore = place.start > 1 && text[place.start - 1] in separators && isDigit(place.start - 2)
    return goesBefore || (place.end < text.length && text[place.end] in separators && isDigit(place.end + 1))
}
