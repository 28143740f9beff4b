package dev.upcall.core.redaction

/** Kinds of private text, named as in `upcall.protocol.v1.EntityType`. */
public enum class EntityType {
    EMAIL,
    PHONE,
    CREDIT_CARD,
    IBAN,
    US_SSN,
    IP_ADDRESS,
    SECRET,
    CUSTOM,
    US_ITIN,
    US_EIN,
    US_ABA,
    BANK_ACCOUNT,
    NATIONAL_ID,
    PASSPORT,
    DRIVER_LICENCE,
    MEDICAL_ID,
    CRYPTO,
    MAC_ADDRESS,
    DATE_OF_BIRTH,
    AGE,
    PERSON,
    ADDRESS,
    ORG,
    LOCATION,
}

/**
 * One finding: half-open, in UTF-16 code units of the text as given, as `substring` takes them.
 *
 * @property start 0 ≤ start < end.
 * @property end at most the length of the text.
 * @property entityType what it is.
 * @property detector name of the rule or model that found it.
 * @property score 0 to 1, how sure the detector is; rules are sure.
 */
public data class Span(
    public val start: Int,
    public val end: Int,
    public val entityType: EntityType,
    public val detector: String,
    public val score: Double = 1.0,
)

/** A half-open piece of a text, in UTF-16 code units. In order of start, then of end. */
internal data class Place(val start: Int, val end: Int) : Comparable<Place> {
    val length: Int get() = end - start

    fun of(text: String): String = text.substring(start, end)

    override fun compareTo(other: Place): Int = if (start != other.start) start - other.start else end - other.end
}

/**
 * Joins spans that overlap, so that no character which any rule claimed is left behind.
 *
 * A group of overlapping spans becomes one span over all of them. Its type, detector and score are those of its
 * longest member; among equally long ones the type that comes first in [priority] wins, then the earlier start, then
 * the name of the detector. Spans that only touch stay apart. The result is in order of position and does not depend
 * on the order given.
 *
 * @param spans of one text.
 * @param priority rank of each type, lower wins.
 * @param length how long a piece of the text is; by default in UTF-16 code units.
 */
internal fun mergeSpans(
    spans: Iterable<Span>,
    priority: Map<EntityType, Int>,
    length: (Span) -> Int = { it.end - it.start },
): List<Span> {
    val rank =
        compareByDescending<Span> { length(it) }
            .thenBy { priority.getValue(it.entityType) }
            .thenBy { it.start }
            .thenBy { it.detector }
    val merged = mutableListOf<Span>()
    val group = mutableListOf<Span>()
    var end = -1

    fun close() {
        if (group.isNotEmpty()) merged.add(group.minWith(rank).copy(start = group.first().start, end = end))
        group.clear()
    }

    for (span in spans.sortedWith(compareBy<Span> { it.start }.thenBy { it.end })) {
        if (span.start >= end) close()
        group.add(span)
        end = maxOf(end, span.end)
    }
    close()
    return merged
}
