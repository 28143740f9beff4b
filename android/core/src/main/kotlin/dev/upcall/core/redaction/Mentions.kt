package dev.upcall.core.redaction

/**
 * Values that were found somewhere, to be masked wherever else they stand.
 *
 * @param detector knows the words that are allowed.
 */
internal class Mentions(private val detector: Detector) {
    private val types = LinkedHashMap<String, EntityType>()
    private var automaton: Automaton? = null // of what is in types

    /** Look for this value, too, unless it says too little elsewhere. */
    fun remember(entityType: EntityType, value: String) {
        if (entityType in NEVER_ELSEWHERE || value in types) return
        val shortest =
            when {
                entityType !in WORDS -> SHORTEST
                Unicode.alphabetic.any(value) -> SHORTEST_WORD
                else -> SHORTEST_NUMBER
            }
        if (value.points < shortest) return
        types[value] = entityType
        automaton = null
    }

    /** Where remembered values stand in a text, outside of placeholders and of words that are allowed. */
    fun of(current: String): List<Span> {
        if (types.isEmpty()) return emptyList()
        val text = withoutAllowed(current)
        val automaton = automaton ?: Automaton(types.keys).also { automaton = it }
        return automaton
            .occurrences(text)
            .mapNotNull { (end, lengths) ->
                lengths.firstNotNullOfOrNull { mention(current, text, end - it, end) }
            }.toList()
    }

    /** The text with placeholders and allowed words blanked: a part of an allowed name is no mention. */
    private fun withoutAllowed(current: String): String {
        val text = StringBuilder(blankPlaceholders(current))
        for ((start, end) in detector.allowed(text.toString())) {
            for (index in start until end) text.setCharAt(index, BLANK)
        }
        return text.toString()
    }

    private fun mention(current: String, text: String, start: Int, end: Int): Span? {
        // Otherwise it is a value that holds what placeholders are blanked with.
        val isWritten = text.regionMatches(start, current, start, end - start)
        val entityType = types.getValue(text.substring(start, end))
        val isMention = isWritten && standsAlone(text, start, end, entityType)
        return if (isMention) Span(start, end, entityType, "mention") else null
    }

    /** Whether what stands beside a value leaves it that value: 100000 is none in 1000000, a password is in any word. */
    private fun standsAlone(text: String, start: Int, end: Int, entityType: EntityType): Boolean {
        if (entityType in WORDS) return isWhole(text, start, end, detector.unspaced)
        val isLong = text.codePointCount(start, end) >= LONG
        if (isLong || (entityType == EntityType.SECRET && !Unicode.digit.all(text.subSequence(start, end)))) return true
        val goesOnBefore = start > 0 && goesOn(text.codePointBefore(start), text.codePointAt(start))
        return !goesOnBefore && !(end < text.length && goesOn(text.codePointAt(end), text.codePointBefore(end)))
    }

    /** Whether the character beside the edge of a number or a key belongs to it: a digit to all, a letter to letters. */
    private fun goesOn(beside: Int, edge: Int): Boolean =
        beside in Unicode.digit || (edge in Unicode.alphabetic && beside in Unicode.alphabetic)

    private companion object {
        /** A term of the user's list is found by its own rule, and an age is a number that may mean anything elsewhere. */
        val NEVER_ELSEWHERE = setOf(EntityType.CUSTOM, EntityType.AGE)

        /** Written as words: found elsewhere only as whole words, or the name Ann would be masked in every annual report. */
        val WORDS =
            setOf(
                EntityType.PERSON,
                EntityType.ADDRESS,
                EntityType.ORG,
                EntityType.LOCATION,
                EntityType.DATE_OF_BIRTH,
            )

        private val LIMITS = limits("masking")

        /** Characters of what is looked for elsewhere. */
        val SHORTEST = LIMITS.getValue("shortest")

        /** Characters of a number or a key that is looked for inside longer ones, too. */
        val LONG = LIMITS.getValue("long")

        /** Characters of what is written as words: a single letter says nothing elsewhere. */
        val SHORTEST_WORD = LIMITS.getValue("shortest_word")

        /** Characters of a number among what is written as words: the house number 12 is no address elsewhere. */
        val SHORTEST_NUMBER = LIMITS.getValue("shortest_number")
    }
}
