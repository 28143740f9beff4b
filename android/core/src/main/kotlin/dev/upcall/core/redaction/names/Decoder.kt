package dev.upcall.core.redaction.names

import dev.upcall.core.RedactionError
import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Unicode

/** What the model itself is asked for; of other types the rules find more. */
internal val NAMES: Set<EntityType> = setOf(EntityType.PERSON, EntityType.ADDRESS, EntityType.LOCATION)

/**
 * Marks words by the mass 1 − P(O) of their tokens, and joins those that belong together.
 *
 * @param rules thresholds and lists.
 * @param labels of the model in order, `O`, `B-NAME` and `I-NAME`.
 * @throws RedactionError a label that the rules do not name.
 */
internal class Decoder(private val rules: NameRules, labels: List<String>) {
    private val named =
        labels.map { label ->
            val name = label.substringAfter('-', "")
            if (label != "O" && name !in rules.labels) throw otherLabels()
            if (label == "O") null else rules.labels[name]
        }
    private val kinds = named.filterNotNull().distinct()
    private val groups = named.map { kind -> kind?.let(kinds::indexOf) ?: -1 }.toIntArray()
    private val gaps = Gaps(rules)
    private val plausibility = Plausibility(rules)

    /** Gives each word its kind and mass. */
    fun mark(words: List<Word>, tokens: Tokens) {
        val sums = FloatArray(kinds.size)
        val row = FloatArray(kinds.size)
        var most = 0f
        var open = -1

        fun close() {
            // Not the mass as a double: a threshold means the nearest single, as the model's figures are.
            if (open >= 0 && most > rules.thresholds.beside.toFloat()) {
                words[open].kind = kinds[sums.indices.maxBy { sums[it] }]
                words[open].mass = most.toDouble()
            }
            sums.fill(0f)
            most = 0f
        }
        // Tokens come in order, so those of one word are neighbours.
        for (token in tokens.starts.indices) {
            val end = tokens.ends[token]
            val word = words.wordAt(tokens.starts[token])
            if (tokens.starts[token] >= end || word == words.size || words[word].start >= end) continue
            if (word != open) close()
            open = word
            row.fill(0f)
            tokens.probabilities[token].forEachIndexed { label, share ->
                if (groups[label] >= 0) row[groups[label]] += share
            }
            row.forEachIndexed { kind, share -> sums[kind] += share }
            most = maxOf(most, row.sum())
        }
        close()
    }

    /** The first word that ends behind a place. */
    private fun List<Word>.wordAt(place: Int): Int = binarySearch { if (it.end <= place) -1 else 1 }.inv()

    /**
     * What is private, in order, none overlapping.
     *
     * @param text that the words are of.
     * @param words marked.
     * @param forms addresses that were found by their form; what they touch joins them.
     */
    fun pieces(text: String, words: List<Word>, forms: List<Piece> = emptyList()): List<Piece> {
        val isMixed = isMixedCase(text)
        val taken = forms.flatMap { it.first..it.last }.toSet()
        val found =
            privateKinds(text, words, isMixed).withIndex().mapNotNull { (index, kind) ->
                kind?.takeIf { index !in taken }?.let { Piece(index, index, it, words[index].mass) }
            }
        val joined = mutableListOf<Piece>()
        for (piece in (found + forms).sortedBy { it.first }) {
            val last = joined.lastOrNull()
            val kind = last?.let { gaps.joint(text, words, it, piece, isMixed) }
            if (kind != null) {
                joined[joined.lastIndex] = Piece(last.first, piece.last, kind, maxOf(last.score, piece.score))
            } else {
                joined.add(piece)
            }
        }
        return joined.filter { plausibility.isPlausible(text, words, it) }
    }

    private fun privateKinds(text: String, words: List<Word>, isMixed: Boolean): List<EntityType?> {
        if (words.none { it.kind != null }) return emptyList()
        val kinds =
            MutableList(words.size) { index ->
                val word = words[index]
                word.kind?.takeIf { word.mass > threshold(text, word, it, isMixed) }
            }
        for (index in 0 until words.lastIndex) {
            if (gaps.isSum(text, words[index], words[index + 1])) {
                kinds[index] = null
                kinds[index + 1] = null
            }
        }
        spread(text, words, kinds, words.indices, isMixed)
        spread(text, words, kinds, words.indices.reversed(), isMixed)
        if (isMixed) dropSmall(text, words, kinds)
        return kinds
    }

    /** Words beside a name are names already with a little mass of the same type. */
    private fun spread(
        text: String,
        words: List<Word>,
        kinds: MutableList<EntityType?>,
        order: IntProgression,
        isMixed: Boolean,
    ) {
        var before = -1
        for (index in order) {
            val word = words[index]
            if (kinds[index] == null && before >= 0 && word.kind in NAMES && word.kind == kinds[before]) {
                val isNear = gaps.isWithinName(text, words, minOf(before, index), maxOf(before, index))
                if (isNear && !(isMixed && rules.isPlain(word))) kinds[index] = word.kind
            }
            before = if (kinds[index] != null) index else -1
        }
    }

    /** Where a name has capitals, words of small letters beside it are none: in "Zoé Martin demain" the model errs. */
    private fun dropSmall(text: String, words: List<Word>, kinds: MutableList<EntityType?>) {
        val isSmall = words.map(rules::isPlain)
        for (step in listOf(1, -1)) {
            val isAfterName = BooleanArray(words.size) { kinds[it] == EntityType.PERSON && !isSmall[it] }
            val order = if (step > 0) 1..words.lastIndex else words.lastIndex - 1 downTo 0
            for (index in order) {
                if (!isSmall[index] || kinds[index] != EntityType.PERSON || !isAfterName[index - step]) continue
                if (!gaps.isWithinName(text, words, minOf(index, index - step), maxOf(index, index - step))) continue
                kinds[index] = null
                isAfterName[index] = true
            }
        }
    }

    private fun threshold(text: String, word: Word, kind: EntityType, isMixed: Boolean): Double {
        val limits = rules.thresholds
        if (kind !in NAMES) return limits.identifier
        if (Unicode.digit.any(word.value)) return limits.number
        val isCommon = word.lower in rules.commonWords
        if (isMixed && rules.isPlain(word)) return if (isCommon) NEVER else limits.lower
        val isFirst = isMixed && kind == EntityType.PERSON && gaps.isBeginning(text, word.start)
        return if (isCommon || isFirst) limits.first else limits.name
    }

    private companion object {
        const val NEVER = 1.0

        fun otherLabels() = RedactionError(
            "The name model has other labels than the rules.",
            nextStep = "upcall pull rampart --verify",
        )
    }
}

/** Whether a word has no capital and is none of those within names: hardly a name where names have capitals. */
internal fun NameRules.isPlain(word: Word): Boolean =
    Unicode.isLower(word.value) && word.value !in particles && word.value !in streetWords
