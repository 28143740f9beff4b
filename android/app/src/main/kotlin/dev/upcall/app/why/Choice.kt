package dev.upcall.app.why

import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import dev.upcall.app.R
import dev.upcall.app.data.AnswerTrace
import dev.upcall.app.data.TracedError
import kotlin.math.exp
import kotlin.math.min

/** Where it ran, the first rule that decided, and what failed. */
@Composable
internal fun Choice(trace: AnswerTrace) {
    Section(R.string.why_where) {
        val place = trace.place
        if (place == null) {
            Text(stringResource(R.string.why_nowhere))
        } else {
            Text(stringResource(words(place)), style = MaterialTheme.typography.headlineSmall)
            trace.reason?.let { Text(stringResource(words(it, place)), Modifier.padding(top = 4.dp)) }
        }
        trace.cloudError?.let { Trouble(R.string.why_cloud_error, it) }
        trace.error?.let { Trouble(R.string.why_error, it) }
    }
}

@Composable
private fun Trouble(words: Int, error: TracedError) {
    Surface(
        Modifier.padding(top = 12.dp),
        color = MaterialTheme.colorScheme.errorContainer,
        shape = MaterialTheme.shapes.medium,
    ) {
        Column(Modifier.padding(12.dp)) {
            Text(stringResource(words), style = MaterialTheme.typography.labelLarge)
            Text(error.message)
        }
    }
}

/** What was compared: the score of the device's answer, and the threshold with all that moved it. */
@Composable
internal fun Numbers(trace: AnswerTrace) {
    val threshold = trace.threshold
    if (trace.score == null && threshold == null) return
    Section(R.string.why_numbers) {
        Fact(R.string.why_score, trace.score?.let { probability(it) } ?: stringResource(R.string.why_no_score))
        if (threshold != null) Fact(R.string.why_threshold, probability(threshold))
        val calibrated = trace.calibratedThreshold
        if (calibrated != null && trace.adjustments.isNotEmpty()) {
            Fact(R.string.why_calibrated, probability(calibrated))
            for ((weight, change) in trace.adjustments) {
                Fact(words(weight), stringResource(R.string.why_points, change * PERCENT))
            }
        }
        Text(
            stringResource(R.string.why_rule),
            Modifier.padding(top = 8.dp),
            style = MaterialTheme.typography.bodySmall,
            color = MaterialTheme.colorScheme.onSurfaceVariant,
        )
    }
}

/** A score or a threshold as a probability, and as it was computed. */
@Composable
private fun probability(nats: Double): String =
    stringResource(R.string.why_probability, exp(min(nats, 0.0)) * PERCENT, nats)

private const val PERCENT = 100
