package dev.upcall.core.redaction.names

import dev.upcall.core.RedactionError

/** Gives each token of a short text a probability for every label. May be shared between threads. */
public interface Classifier {
    /** Identifies the model's bytes. */
    public val version: String

    /** `O`, `B-NAME` and `I-NAME`, in the order of the probabilities. */
    public val labels: List<String>

    /**
     * Tokens of a text of at least one character, special ones left out.
     *
     * It is null where the text has more of them than the model can take.
     *
     * @param text valid Unicode.
     * @throws RedactionError the model failed.
     */
    public fun classify(text: String): Tokens?
}

/**
 * What a token classifier says of one text: for each token where it stands and a row of probabilities.
 *
 * @property starts where each token begins, in UTF-16 code units, in order.
 * @property ends where each ends, exclusive; equal to its start for a token that stands for no text.
 * @property probabilities one row for each token, one column for each label; each row sums to 1.
 */
public class Tokens(
    public val starts: IntArray,
    public val ends: IntArray,
    public val probabilities: Array<FloatArray>,
)
