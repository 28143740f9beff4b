package dev.upcall.core.redaction

import dev.upcall.core.RedactionError
import dev.upcall.core.redaction.names.unreadLetters

/**
 * A placeholder in what is sent, with the type of what it stands for.
 *
 * @property placeholder as it is minted, such as `[[EMAIL_1_k7]]`.
 * @property entityType of the value.
 */
public data class Masked(public val placeholder: String, public val entityType: EntityType)

/**
 * Replaces what is private in documents by placeholders, until nothing is left to find.
 *
 * The documents are masked together: a value found in one of them is masked in all.
 *
 * @param documents changed in place.
 * @param detector what is private.
 * @param vault gives the placeholders; grows.
 * @param policy what to do with a finding.
 * @param remembers also mask what the vault already holds, wherever it stands.
 * @param keepsPlaceholders those of the vault stay as they are: the documents were masked before and edited since. Else they
 *   are masked themselves: restored, they would become what they only name.
 * @param mostRounds after which masking has come to no end.
 */
internal class Masking(
    private val documents: List<PlainText>,
    private val detector: Detector,
    private val vault: Vault,
    private val policy: Policy,
    remembers: Boolean = true,
    keepsPlaceholders: Boolean = false,
    private val mostRounds: Int = MOST_ROUNDS,
) {
    private val mentions = Mentions(detector)

    /** Letters of scripts that the name model does not read, for which the policy keeps the documents here; else 0. */
    val unreadLetters: Int =
        if (policy.unreadScript == Action.BLOCK) documents.sumOf { unreadLetters(it.current) } else 0

    // Masked in the first round only; afterwards there is none left.
    private var quoted: List<List<Span>>
    private var found: List<List<Span>> = documents.map { emptyList() }

    init {
        if (remembers) vault.values.forEach { mentions.remember(it.entityType, it.value) }
        val quotations = documents.map { quotations(it.current) }
        quoted = if (keepsPlaceholders) documents.map { emptyList() } else quotations
    }

    private fun quotations(text: String): List<Span> {
        vault.reserve(text)
        return plantedPlaceholders(text)
            .filter { it.forms.any(vault::isMinted) }
            .map { Span(it.start, it.end, EntityType.CUSTOM, "quoted_placeholder") }
    }

    /**
     * Masks until nothing is left. With [unreadLetters] nothing is masked.
     *
     * @return the types that block, if any; then nothing more is masked.
     * @throws RedactionError a rule failed, or masking came to no end; nothing may be sent.
     */
    fun run(): Set<EntityType> {
        if (unreadLetters > 0) return emptySet()
        repeat(mostRounds) { round ->
            // Names once: around placeholders a model would only find more that is none, for twice the time.
            val all = documents.map { detector.claims(it.current, withNames = round == 0) }
            val claims = all.map { spans -> spans.filter { policy.action(it.entityType) != Action.ALLOW } }
            val blocked = all.flatten().map { it.entityType }.filter { policy.action(it) == Action.BLOCK }.toSet()
            if (blocked.isNotEmpty()) {
                found = claims
                return blocked
            }
            val cut = documents.indices.zip(withMentions(claims)).sumOf { (index, spans) -> cut(index, spans) }
            quoted = documents.map { emptyList() }
            if (cut == 0) return emptySet()
        }
        throw RedactionError("Masking came to no end.", nextStep = "ask with the strategy local")
    }

    /** What is private in a document, in offsets of the text as it was given; as far as it was searched. */
    fun spans(index: Int): List<Span> {
        val document = documents[index]
        val pieces = document.pieces(detector.merge(document.current, found[index]))
        return document.asWritten((document.masks.map { it.span } + pieces).sortedBy { it.start })
    }

    /** The claims, and every other mention of a value that was claimed anywhere. */
    private fun withMentions(claims: List<List<Span>>): List<List<Span>> {
        documents.zip(claims) { document, spans ->
            for (span in (spans + detector.merge(document.current, spans)).filter(document::holds)) {
                mentions.remember(span.entityType, document.current.substring(span.start, span.end))
            }
        }
        return documents.zip(claims) { document, spans ->
            val claimed = spans.mapTo(HashSet()) { Place(it.start, it.end) }
            spans + mentions.of(document.current).filter { Place(it.start, it.end) !in claimed }
        }
    }

    /** Masks what was claimed in a document, and says how much that was. */
    private fun cut(index: Int, claims: List<Span>): Int {
        val document = documents[index]
        // No claim reaches into a placeholder, so pieces and quotations never overlap.
        val pieces = document.pieces(detector.merge(document.current, claims))
        val spans = (pieces + quoted[index]).sortedBy { it.start }
        if (spans.isNotEmpty()) document.cut(spans.map { Mask(it, minted(document, it)) })
        return spans.size
    }

    private fun minted(document: PlainText, span: Span): String = vault.placeholder(
        span.entityType,
        document.original.substring(span.start, span.end),
        isNumber = document.isNumber(span.start, span.end),
    )

    /** Placeholders of the vault in the documents as sent, each once, in order of appearance. */
    fun masked(): List<Masked> = documents
        .flatMap { findPlaceholders(it.current) }
        .map { it.minted }
        .distinct()
        .mapNotNull { minted -> vault.entry(minted)?.let { Masked(minted, it.entityType) } }

    private companion object {
        /** Masking can lay open another finding; a second round was the most seen. */
        val MOST_ROUNDS = limits("masking").getValue("most_rounds")
    }
}
