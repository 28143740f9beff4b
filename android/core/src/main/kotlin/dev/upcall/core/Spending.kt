package dev.upcall.core

import dev.upcall.core.decision.BudgetState

private const val BYTES_PER_TOKEN = 3
private const val TOKENS_PER_MESSAGE = 8

/** Ends of a call for which no service charges. */
private val UNSERVED = setOf(EscalationReason.UNAVAILABLE, EscalationReason.UNAUTHENTICATED, EscalationReason.REFUSED)

/** What one question takes from the budget: reserved before the call, settled once after it. */
internal class Spending(private val budget: Budget?, messages: List<Message>, private val options: AskOptions) {
    /** About how many tokens the cloud will count, before it has. */
    private val inputTokens: Int =
        messages.sumOf { it.content.encodeToByteArray().size } / BYTES_PER_TOKEN + TOKENS_PER_MESSAGE * messages.size

    private var reserved: Double? = null

    /** What the decision may know. */
    var state: BudgetState = BudgetState()
        private set

    /** Read what is left. */
    fun look() {
        if (budget != null) state = budget.state(inputTokens, options.maxOutputTokens)
    }

    /** Take the call, before it is made. Where another program has spent the rest meanwhile, nothing may be spent. */
    fun reserve() {
        if (budget == null) return
        reserved =
            try {
                budget.reserve(inputTokens, options.maxOutputTokens)
            } catch (_: UpcallError) {
                null
            }
        if (reserved == null) state = BudgetState.SPENT
    }

    /** The call took so many tokens. */
    fun settle(inputTokens: Int, outputTokens: Int): Unit =
        settled { budget, reserved -> budget.settle(reserved, inputTokens, outputTokens) }

    /** The call gave no whole answer. */
    fun failed(reason: EscalationReason) {
        if (reason in UNSERVED) settled { budget, reserved -> budget.release(reserved) }
    }

    /** Where the end cannot be written down, what was reserved stays taken. */
    private fun settled(settle: (Budget, Double) -> Unit) {
        val taken = reserved ?: return
        reserved = null
        try {
            if (budget != null) settle(budget, taken)
        } catch (_: UpcallError) {
            return
        }
    }
}
