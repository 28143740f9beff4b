package dev.upcall.cloud

import dev.upcall.core.EscalationError
import dev.upcall.core.EscalationReason
import io.grpc.Metadata
import io.grpc.Status
import io.grpc.StatusException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

private const val ID_DIGITS = 12
private const val MAX_DETAILS = 300

/** What a proxy in front of the service says when the service behind it was killed. */
private const val RESET = "RST_STREAM"
private val PUSHBACK = Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER)
private val INVISIBLE =
    setOf(
        CharCategory.CONTROL,
        CharCategory.FORMAT,
        CharCategory.SURROGATE,
        CharCategory.PRIVATE_USE,
        CharCategory.UNASSIGNED,
        CharCategory.LINE_SEPARATOR,
        CharCategory.PARAGRAPH_SEPARATOR,
    )

/**
 * Whether another attempt may work, given that no text has arrived yet.
 *
 * `CANCELLED` counts, because a call that this side cancelled is never asked about.
 */
internal fun mayRetry(error: StatusException): Boolean = when (error.status.code) {
    Status.Code.UNAVAILABLE, Status.Code.CANCELLED -> true
    Status.Code.INTERNAL -> RESET in error.details
    else -> false
}

/** How long the service asks to wait: nothing if it does not say, infinite if it wants no other attempt. */
internal fun pushback(error: StatusException): Duration {
    val given = error.trailers?.get(PUSHBACK) ?: return Duration.ZERO
    val number = given.takeIf { it.isNotEmpty() && it.all { digit -> digit in '0'..'9' } }?.toLongOrNull()
    return number?.milliseconds ?: Duration.INFINITE
}

/** The answer began and did not end. */
internal fun interrupted(address: String): EscalationError = EscalationError(
    "The answer from $address was cut off.",
    EscalationReason.INTERRUPTED,
    nextStep = "ask again, or answer on the device",
)

/**
 * What a failed call means for the user.
 *
 * Text from the service is shown only where the protocol fixes what it holds: the refusals that name a field.
 *
 * @param address who was called.
 * @param model alias that was asked for; empty for the default.
 * @param hasText part of the answer had arrived.
 */
internal fun escalationError(
    error: StatusException,
    address: String,
    model: String,
    hasText: Boolean,
): EscalationError = when (error.status.code) {
    Status.Code.DEADLINE_EXCEEDED ->
        EscalationError(
            "$address did not answer in time.",
            EscalationReason.DEADLINE,
            nextStep = "allow more time, or answer on the device",
        )
    else -> if (hasText) interrupted(address) else unanswered(error, address, model)
}

private fun unanswered(error: StatusException, address: String, model: String): EscalationError {
    if (mayRetry(error)) {
        return EscalationError(
            "$address cannot be reached or is busy.",
            EscalationReason.UNAVAILABLE,
            nextStep = "check that the service runs (upcall cloud), its address and whether it has TLS",
        )
    }
    return when (error.status.code) {
        Status.Code.FAILED_PRECONDITION, Status.Code.INVALID_ARGUMENT ->
            refused("$address refused the request: ${shown(error.details)}.")
        Status.Code.NOT_FOUND ->
            refused("$address does not serve the model '$model'.", "leave the model's name out to take the default")
        Status.Code.RESOURCE_EXHAUSTED ->
            refused(
                "The request is too large for $address, or a quota is used up.",
                "shorten the conversation, or ask later",
            )
        Status.Code.UNAUTHENTICATED, Status.Code.PERMISSION_DENIED ->
            EscalationError(
                "$address does not accept the API key, or none was given.",
                EscalationReason.UNAUTHENTICATED,
                nextStep = "make a key where the service runs (upcall cloud key NAME) and give it to the endpoint",
            )
        else -> {
            val known = errorId(error.details)
            EscalationError(
                "$address failed (${error.status.code}${if (known == null) "" else ", error id $known"}).",
                EscalationReason.INTERNAL,
                nextStep = "ask again later" + if (known == null) "" else "; the service's log has the error id",
            )
        }
    }
}

private fun refused(problem: String, nextStep: String = ""): EscalationError =
    EscalationError(problem, EscalationReason.REFUSED, nextStep = nextStep)

/** The 12 hexadecimal digits after the word `id`, by which the service's log is searched. */
private fun errorId(details: String): String? {
    val words = details.split(' ', ',', '.', '(', ')')
    return words.zipWithNext().firstOrNull { (word, next) -> word == "id" && isId(next) }?.second
}

private fun isId(word: String): Boolean = word.length == ID_DIGITS && word.all { it in '0'..'9' || it in 'a'..'f' }

/** One printable line, not too long: the service is not trusted with the user's terminal. */
private fun shown(details: String): String =
    details.take(MAX_DETAILS).map { if (it.category in INVISIBLE) ' ' else it }.joinToString("").trim().trimEnd('.')

private val StatusException.details: String get() = status.description.orEmpty()
