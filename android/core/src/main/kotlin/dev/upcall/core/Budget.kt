package dev.upcall.core

import dev.upcall.core.decision.BudgetState

/** What may still be spent on calls. May be shared between threads. */
public interface Budget {
    /** What the decision may know, for a call of at most so many tokens. A budget that cannot be read counts as spent. */
    public fun state(inputTokens: Int, outputTokens: Int): BudgetState

    /**
     * Take one call of at most so many tokens before it is made. A program that is killed before it settles has spent it.
     *
     * @return what was taken beside the call, in the currency of the budget; null where the budget is spent.
     * @throws UpcallError the budget cannot be read or written.
     */
    public fun reserve(inputTokens: Int, outputTokens: Int): Double?

    /**
     * The call of that reservation is over and took so many tokens: take what it cost in place of what was reserved.
     *
     * @throws UpcallError as [reserve].
     */
    public fun settle(reserved: Double, inputTokens: Int, outputTokens: Int)

    /**
     * The call of that reservation brought nothing: it is given back.
     *
     * @throws UpcallError as [reserve].
     */
    public fun release(reserved: Double)
}
