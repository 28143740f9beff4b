package dev.upcall.core.redaction

/** Finds what no pattern describes: names of people, addresses, places. May be shared between threads. */
public interface NameFinder {
    /** Identifies model and thresholds, as reported to the service. */
    public val version: String

    /**
     * What is private in a text, in any order. Any exception means that nothing may be sent.
     *
     * @param text valid Unicode, placeholders blanked (U+0000).
     */
    public fun spans(text: String): List<Span>
}
