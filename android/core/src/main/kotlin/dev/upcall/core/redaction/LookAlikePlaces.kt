package dev.upcall.core.redaction

/**
 * Where no finding of a type may be.
 *
 * @property inside places in which none may lie.
 * @property cut places into which none may reach.
 */
internal class Excluded(val inside: List<Place>, val cut: List<Place>)

/** Dates, UUIDs, coordinates and the like in one text; each kind is looked for when a rule asks, and once. */
internal class LookAlikePlaces(private val rules: Rules, private val text: String) {
    private val places = arrayOfNulls<List<Place>>(rules.exclude.size)
    private val excluded = HashMap<List<Int>, Excluded>()
    private val searched = HashMap<Excluded, Searched>()

    /** Where no finding of a type may be. */
    fun excluded(type: EntityType): Excluded {
        val groups = rules.exclude.indices.filter { type in rules.exclude[it].entityTypes }
        return excluded.getOrPut(groups) {
            val (cut, inside) = groups.partition { rules.exclude[it].cuts }
            Excluded(inside.flatMap(::of), cut.flatMap(::of))
        }
    }

    /** The text in which findings of a type are looked for. */
    fun searched(type: EntityType): Searched {
        val excluded = excluded(type)
        return searched.getOrPut(excluded) { Searched(blanked(text, excluded.cut), Cover(excluded.inside)) }
    }

    private fun of(group: Int): List<Place> = places[group] ?: found(rules.exclude[group]).also { places[group] = it }

    /** Where they are not part of something longer. */
    private fun found(group: LookAlikes): List<Place> = group.patterns
        .flatMap { it.places(text) }
        .filter { !isAlphanumericBefore(it.start) && !isAlphanumericAt(it.end) && !goesOn(it.end) }

    private fun isAlphanumericBefore(index: Int) = index > 0 && text.codePointBefore(index) in Unicode.alphanumeric

    private fun isAlphanumericAt(index: Int) = index < text.length && text.codePointAt(index) in Unicode.alphanumeric

    private fun goesOn(end: Int) =
        end + 1 < text.length && text[end] in ".-" && text.codePointAt(end + 1) in Unicode.digit

    /**
     * A text without look-alikes that cut.
     *
     * @property text with blanks in their place.
     * @property cover of places in which no finding may lie.
     */
    class Searched(val text: String, val cover: Cover)
}

/** Places, asked whether one of them holds another. */
internal class Cover(places: Collection<Place>) {
    private val starts: IntArray
    private val furthest: IntArray

    init {
        val ordered = places.sorted()
        starts = IntArray(ordered.size) { ordered[it].start }
        // The furthest end so far stands in for nested places, so that one look-up is enough.
        var end = 0
        furthest =
            IntArray(ordered.size) {
                end = maxOf(end, ordered[it].end)
                end
            }
    }

    /** Whether one of the places holds [start, end). */
    fun holds(start: Int, end: Int): Boolean {
        val last = runBefore(starts, start)
        return last >= 0 && furthest[last] >= end
    }
}

/** The text, of the same length, with each place blanked. */
internal fun blanked(text: String, places: Collection<Place>): String {
    if (places.isEmpty()) return text
    val blanked = StringBuilder(text)
    for (place in places) for (index in place.start until place.end) blanked.setCharAt(index, BLANK)
    return blanked.toString()
}

/** What is left of a finding outside of the places, which are in order, where it still holds a letter or a digit. */
internal fun without(span: Span, places: List<Place>, text: String): List<Span> = buildList {
    var position = span.start

    fun keep(end: Int) {
        if (position < end && Unicode.alphanumeric.any(text.substring(position, end))) {
            add(span.copy(start = position, end = end))
        }
    }

    for (place in places) {
        if (place.end < position || place.start > span.end) continue
        keep(minOf(place.start, span.end))
        position = maxOf(position, minOf(place.end, span.end))
    }
    keep(span.end)
}
