package dev.upcall.core

/**
 * Base of all errors that Upcall raises on purpose.
 *
 * No message carries text of a prompt, an answer or a secret.
 *
 * @property name a stable word for programs and vectors, the same in every language.
 * @property problem what is wrong, with what was given.
 * @property allowed what would have been right; empty where that is obvious.
 * @property nextStep what the user can do now; empty where there is nothing.
 */
public sealed class UpcallError(
    public val name: String,
    public val problem: String,
    public val allowed: String,
    public val nextStep: String,
) : Exception(message(problem, allowed, nextStep))

/** A prompt, option or file that the user gave is not acceptable. */
public class InputError(problem: String, allowed: String = "", nextStep: String = "") :
    UpcallError("input", problem, allowed, nextStep)

/** A model cannot be found, downloaded, verified or read. */
public class ModelError(problem: String, allowed: String = "", nextStep: String = "") :
    UpcallError("model", problem, allowed, nextStep)

/** The engine on the device failed. */
public class EngineError(problem: String, allowed: String = "", nextStep: String = "") :
    UpcallError("engine", problem, allowed, nextStep)

/** A detector failed, so nothing may leave the device. */
public class RedactionError(problem: String, allowed: String = "", nextStep: String = "") :
    UpcallError("redaction", problem, allowed, nextStep)

/** What was made cannot be written. */
public class OutputError(problem: String, allowed: String = "", nextStep: String = "") :
    UpcallError("output", problem, allowed, nextStep)

/** What is wrong with a bundle, in the words of proto/vectors/bundle.json. */
public enum class BundleFault {
    /** There is no folder. */
    MISSING,

    /** The manifest is missing, no plain file, too large or unreadable. */
    MANIFEST,
    VERSION,

    /** A listed path leads outside, or is not written in its one way. */
    PATH,

    /** A file is listed twice, or no model or tokenizer is. */
    LISTING,
    LINK,
    EXTRA,
    LACKING,
    SIZE,
    HASH,
    HEADS,
    THRESHOLD,

    /** It asks for a newer runtime than there is, or for what is no version. */
    RUNTIME,

    /** The bundle's bytes are whole, but its model or tokenizer does not work here. */
    MODEL,
    ;

    /** The word of the vectors. */
    public val value: String get() = name.lowercase()
}

/**
 * A bundle is damaged, incomplete, edited or of another version.
 *
 * @property fault what is wrong, for programs.
 */
public class BundleError(
    problem: String,
    public val fault: BundleFault = BundleFault.MODEL,
    allowed: String = "",
    nextStep: String = "",
) : UpcallError("bundle", problem, allowed, nextStep)

/** Why the cloud gave no whole answer. */
public enum class EscalationReason {
    UNAVAILABLE,
    DEADLINE,

    /** The service found private content, or a bad request. */
    REFUSED,
    UNAUTHENTICATED,

    /** The stream broke. */
    INTERRUPTED,
    INTERNAL,
    ;

    /** The word of the vectors. */
    public val value: String get() = name.lowercase()
}

/**
 * The cloud did not give a whole answer.
 *
 * @property reason why, for programs.
 */
public class EscalationError(
    problem: String,
    public val reason: EscalationReason,
    allowed: String = "",
    nextStep: String = "",
) : UpcallError("escalation", problem, allowed, nextStep)

private fun message(problem: String, allowed: String, nextStep: String): String = buildList {
    add(problem)
    if (allowed.isNotEmpty()) add("Allowed: $allowed")
    if (nextStep.isNotEmpty()) add("Next: $nextStep")
}.joinToString("\n")
