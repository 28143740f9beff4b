package dev.upcall.sample

import dev.upcall.core.Answer
import java.util.Locale

/** Where the answer came from, what moved the decision, and exactly what left. */
internal fun described(answer: Answer): String {
    val decision = answer.decision ?: return ""
    val usage = answer.usage ?: return ""
    return buildList {
        val reason = decision.reason.value.replace('_', ' ')
        val score = decision.score
        val threshold = decision.threshold
        val numbers =
            if (score == null || threshold == null) {
                ""
            } else {
                " (score ${score.rounded()} ${if (score < threshold) "<" else "≥"} ${threshold.rounded()})"
            }
        add("${decision.place.value}: $reason$numbers · ${usage.outputTokens} tokens" + speed(usage.tokensPerS))
        for (shift in answer.given?.adjustments.orEmpty()) {
            add("  ${shift.weight.value}: ${shift.change.rounded()} of probability")
        }
        answer.cloudError?.let { add(it.problem) }
        answer.redacted?.let { redacted ->
            add("Left the device for ${redacted.address}:")
            for (message in redacted.messages) add("  ${message.role.value}: ${message.content}")
        }
    }.joinToString("\n")
}

private fun speed(tokensPerS: Double?): String = tokensPerS?.let { " · ${it.rounded(0)} tokens/s" }.orEmpty()

private fun Double.rounded(places: Int = 2): String = String.format(Locale.ROOT, "%.${places}f", this)
