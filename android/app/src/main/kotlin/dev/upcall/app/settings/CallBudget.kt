package dev.upcall.app.settings

import dev.upcall.core.Allowance
import dev.upcall.core.FileBudget
import dev.upcall.core.InputError
import dev.upcall.core.OutputError
import dev.upcall.core.decision.Bucket
import java.nio.file.Path
import kotlin.math.min

/**
 * The limit of calls a day, in the file that the session's budget is kept in.
 *
 * @param path of the file.
 * @param nowS the clock, seconds since 1970.
 */
class CallBudget(path: Path, private val nowS: () -> Double = { System.currentTimeMillis() / 1e3 }) {
    /** What [dev.upcall.core.Session] takes. */
    val file: FileBudget = FileBudget(path, nowS)

    /**
     * Set how many calls a day may have; the same limit again gives nothing.
     *
     * Calls that were made stay spent: a new limit gives the difference, not a day's worth. A damaged file begins with nothing
     * left, and refills.
     *
     * @param perDay null sets no limit.
     * @throws OutputError the file cannot be written.
     */
    fun limit(perDay: Int?) {
        val limit = perDay?.toDouble()
        val kept = readable()
        if (kept != null && kept.calls?.perDay == limit) return
        file.update { before ->
            val calls = before.calls
            val changed =
                when {
                    limit == null -> null
                    kept == null -> Bucket(limit, left = 0.0, nowS())
                    calls == null -> Bucket.full(limit, nowS())
                    else -> Bucket(limit, min(limit, calls.left + limit - calls.perDay), nowS())
                }
            before.copy(calls = changed)
        }
    }

    /** Calls that are left now; null without a limit, 0 where the file is damaged. */
    fun callsLeft(): Double? = file.state(inputTokens = 0, outputTokens = 0).callsLeft?.coerceAtLeast(0.0)

    private fun readable(): Allowance? = try {
        file.read()
    } catch (_: InputError) {
        null
    }
}
