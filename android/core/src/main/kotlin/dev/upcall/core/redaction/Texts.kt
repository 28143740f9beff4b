package dev.upcall.core.redaction

import dev.upcall.core.InputError
import dev.upcall.core.RedactionError

/**
 * What may leave of a text, with what was found in it; or nothing at all.
 *
 * @property masked as it would be sent; empty when something is blocked. Left out of [toString].
 * @property spans what was masked, or found when something is blocked: in order, in offsets of the text as given.
 * @property blocked types found whose policy is to stay on the device.
 * @property counts distinct values masked, by type.
 * @property vault restores it. Private.
 * @property unreadLetters how many letters of scripts that the name model does not read keep the text here; 0 where the policy
 *   allows them.
 */
public class RedactedText internal constructor(
    public val masked: String,
    public val spans: List<Span>,
    public val blocked: Set<EntityType>,
    public val counts: Map<EntityType, Int>,
    public val vault: Vault,
    public val unreadLetters: Int,
) {
    /** Whether the policy keeps the text on the device. */
    public val isBlocked: Boolean get() = blocked.isNotEmpty() || unreadLetters > 0

    override fun toString(): String = "RedactedText(spans=$spans, blocked=$blocked, unreadLetters=$unreadLetters)"
}

/**
 * Masks everything private in a text. [restore] with the same vault gives it back.
 *
 * @param text any text, also one that is not valid Unicode.
 * @param detector what is private; by default the rules of this version, without a name finder.
 * @param vault to go on with, so that a value keeps its placeholder; by default a new one.
 * @param policy what to do with a finding; by default all are masked.
 * @param isJson the text is one JSON value and stays valid JSON: strings and keys are masked in pieces, a number as a whole,
 *   which becomes a string until it is restored.
 * @param remembers also mask what the vault already holds, wherever it stands.
 * @throws InputError the text is to be JSON and is not.
 * @throws RedactionError a rule failed, or masking came to no end; nothing may be sent.
 */
public fun redact(
    text: String,
    detector: Detector = Detector(),
    vault: Vault = Vault(),
    policy: Policy = Policy(),
    isJson: Boolean = false,
    remembers: Boolean = true,
): RedactedText {
    val document = if (isJson) JsonText(text) else PlainText(text)
    val masking = Masking(listOf(document), detector, vault, policy, remembers = remembers)
    val blocked = masking.run()
    val spans = masking.spans(0)
    if (blocked.isNotEmpty() || masking.unreadLetters > 0) {
        return RedactedText("", spans, blocked, emptyMap(), vault, masking.unreadLetters)
    }
    return RedactedText(document.sent(), spans, blocked, counted(masking.masked()), vault, unreadLetters = 0)
}

/**
 * The text with every placeholder of the vault replaced by its value; all else is left as it is.
 *
 * @param text masked, or an answer to what was.
 * @param vault that masked it.
 * @param isJson the text is JSON: values are escaped as its strings need it, and what was a bare number is one again. A value
 *   that was written with other escapes than JSON needs comes back equal, though not to the last character.
 */
public fun restore(text: String, vault: Vault, isJson: Boolean = false): String {
    if (!isJson) return vault.restore(text)
    val restorer = JsonStreamRestorer(vault)
    return restorer.feed(text) + restorer.flush()
}
