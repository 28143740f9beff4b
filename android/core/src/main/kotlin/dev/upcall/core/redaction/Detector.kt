package dev.upcall.core.redaction

import dev.upcall.core.InputError
import dev.upcall.core.RedactionError
import dev.upcall.core.redaction.identifiers.checkedRegions
import java.util.concurrent.CancellationException

private const val CUSTOM_DETECTOR = "deny_list"
private val LIMITS = limits("detector")
private val ESCAPED_AT_MOST = LIMITS.getValue("most_escapes") // times: JSON in a JSON string
private val FEWEST_DIGITS = LIMITS.getValue("fewest_digits") // of a number without the date or version in it
private val AROUND = LIMITS.getValue("around_characters") // beside an encoded token, in which a context word may stand

/**
 * Finds e-mail addresses, numbers, secrets and the user's own terms. Holds no text; may be shared between threads.
 *
 * Vectors: proto/vectors/redaction.json
 *
 * @property names finds names and addresses beside the rules; null where nothing does.
 */
public class Detector internal constructor(
    private val rules: Rules,
    denyTerms: Iterable<String> = emptyList(),
    allowTerms: Iterable<String> = emptyList(),
    phoneRegions: Iterable<String>? = null,
    public val names: NameFinder? = null,
) {
    private val search = Search(rules, phoneRegions?.let(::checkedRegions) ?: rules.phoneRegions)
    private val denied = Terms(denyTerms, rules.characters, rules.termGap, purpose = "deny")
    private val allowed = Terms(allowTerms, rules.characters, rules.termGap, purpose = "allow")

    init {
        if (denied.sharesWith(allowed)) {
            throw InputError("A term is both denied and allowed.", nextStep = "remove it from one of the lists")
        }
    }

    /**
     * A detector with the rules that come with this version.
     *
     * @param denyTerms the user's own words, found as [EntityType.CUSTOM] in any case.
     * @param allowTerms values that are never reported, compared whole and in any case; a denied term cannot be
     * allowed.
     * @param phoneRegions ISO 3166 codes whose national telephone numbers are looked for; by default those of the
     * rules. Numbers with a leading + are found everywhere.
     * @param names finds names and addresses beside the rules; by default nothing does.
     * @throws InputError a term or region is not acceptable, or a term is both denied and allowed.
     * @throws RedactionError the rules cannot be read.
     */
    public constructor(
        denyTerms: Iterable<String> = emptyList(),
        allowTerms: Iterable<String> = emptyList(),
        phoneRegions: Iterable<String>? = null,
        names: NameFinder? = null,
    ) : this(loadRules(), denyTerms, allowTerms, phoneRegions, names)

    /** Version of the rules, and of the name finder if there is one, as reported to the service. */
    public val rulesVersion: String get() = names?.let { "${rules.version}+${it.version}" } ?: rules.version

    /** Scripts that put no spaces between words. */
    internal val unspaced: CodePointSet get() = rules.characters.unspaced

    /**
     * What is private in a text: spans in order, none overlapping, none inside a placeholder.
     *
     * @param text any text, also one that is not valid Unicode.
     * @throws RedactionError a rule failed; nothing may be sent.
     */
    public fun find(text: String): List<Span> = merge(text, claims(text))

    /**
     * Joins claims that overlap, so that nothing that was claimed is left behind: the longest gives the type, among
     * equally long ones the rank that the rules give the types.
     *
     * @param text in which they were found.
     */
    public fun merge(text: String, claims: Iterable<Span>): List<Span> =
        mergeSpans(claims, rules.priority) { text.codePointCount(it.start, it.end) }

    /**
     * What each rule finds on its own: spans may overlap or repeat a place. A policy applies to these, before they
     * merge.
     *
     * @param text any text, also one that is not valid Unicode.
     * @param withNames asks the name finder, too, if there is one.
     * @throws RedactionError a rule failed; nothing may be sent.
     */
    public fun claims(text: String, withNames: Boolean = true): List<Span> {
        val failed =
            try {
                val readable = blankPlaceholders(rules.characters.readable(text))
                return byRules(readable) + if (names != null && withNames) byNames(readable, names) else emptyList()
            } catch (error: InterruptedException) {
                throw error
            } catch (error: CancellationException) {
                throw error
            } catch (error: Exception) {
                // whatever it is, the text must stay
                error
            } catch (error: LinkageError) {
                // of a class whose numbers could not be read
                error
            } catch (error: StackOverflowError) {
                error
            }
        // Without the cause: it may hold the text.
        throw RedactionError(
            "A redaction rule failed (${failed.javaClass.simpleName}).",
            nextStep = "ask with the strategy local",
        )
    }

    /** Where allowed terms stand in a text. */
    internal fun allowed(text: String): Collection<Place> = allowed.spans(rules.characters.readable(text))

    private fun byRules(text: String): List<Span> = found(text)
        .distinctBy { Triple(it.start, it.end, it.entityType) }
        .filter { text.substring(it.start, it.end) !in allowed }

    /** What the name finder finds, but for allowed terms and for numbers of dates, versions and coordinates. */
    private fun byNames(text: String, names: NameFinder): List<Span> {
        val terms = allowed.spans(text)
        val lookAlikes = LookAlikePlaces(rules, text)
        return names.spans(text).filter { text.substring(it.start, it.end) !in allowed }.flatMap { span ->
            val excluded = lookAlikes.excluded(span.entityType)
            val isLookAlike = Cover(excluded.inside + excluded.cut).holds(span.start, span.end)
            val pieces = if (isLookAlike) emptyList() else without(span, (terms + excluded.cut).sorted(), text)
            pieces.filter { piece ->
                val isCut = excluded.cut.isNotEmpty() && piece != span
                !isCut || Unicode.digit.count(text.substring(piece.start, piece.end)) >= FEWEST_DIGITS
            }
        }
    }

    /** What the rules and the user's terms find in a text, in its plainer copies and in what is encoded in it. */
    private fun found(text: String): List<Span> = buildList {
        val copies = copies(text)
        // Numbers read the same in the first copy, and asking about telephone numbers twice is slow.
        addAll(inOneCopy(text, skipsPhones = copies.isNotEmpty()))
        for (copy in copies) {
            val found = inOneCopy(copy.text, skipsPhones = false)
            found.mapTo(this) { it.at(copy.original(it.start, it.end)) }
        }
        val plain = copies.firstOrNull()
        val searched = plain?.text ?: text
        for (token in rules.disguises.decoded(searched)) {
            val place = plain?.original(token.place.start, token.place.end) ?: token.place
            inToken(token, searched).mapTo(this) { it.at(place) }
        }
    }

    private fun inOneCopy(text: String, skipsPhones: Boolean): List<Span> =
        search.all(text, skipsPhones) + ofTerms(text)

    private fun ofTerms(text: String): List<Span> =
        denied.spans(text).map { Span(it.start, it.end, EntityType.CUSTOM, CUSTOM_DETECTOR) }

    /** The plainer copies in which values may stand: with plain characters, then unescaped, then joined. */
    private fun copies(text: String): List<Shadow> = buildList {
        val rewrites = List(ESCAPED_AT_MOST) { rules.disguises::unescaped } + rules.disguises::joined
        var latest = rules.characters.shadow(text)
        latest?.let(::add)
        for (rewrite in rewrites) {
            val copy = rewrite(latest?.text ?: text) ?: continue
            val rewritten = latest?.let(copy::over) ?: copy
            latest = rules.characters.shadow(rewritten.text)?.over(rewritten) ?: rewritten
            add(latest)
        }
    }

    /** What stands in a decoded token, with the text around it as context. Nothing in it is decoded again. */
    private fun inToken(token: Decoded, text: String): List<Span> {
        val before = text.substring(text.before(token.place.start, AROUND), token.place.start)
        val after = text.substring(token.place.end, text.after(token.place.end, AROUND))
        val whole = "$before$BLANK${token.text}$BLANK$after"
        val shadow = rules.characters.shadow(whole)
        val searched = shadow?.text ?: whole
        return (search.spans(searched) + ofTerms(searched)).filter { span ->
            val place = shadow?.original(span.start, span.end) ?: Place(span.start, span.end)
            place.end > before.length + 1 && place.start <= before.length + token.text.length
        }
    }
}

private fun Span.at(place: Place) = copy(start = place.start, end = place.end)
