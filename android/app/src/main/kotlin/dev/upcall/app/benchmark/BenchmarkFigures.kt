package dev.upcall.app.benchmark

import android.text.format.Formatter
import androidx.annotation.StringRes
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import dev.upcall.app.R

/** The figures of a report; medians of its rounds. */
@Composable
internal fun BenchmarkFigures(report: BenchmarkReport) {
    val context = LocalContext.current
    val unknown = stringResource(R.string.benchmark_unknown)
    Column(verticalArrangement = Arrangement.spacedBy(4.dp)) {
        Text(
            stringResource(R.string.benchmark_result, report.bundle.orEmpty()),
            Modifier.padding(bottom = 8.dp).semantics { heading() },
            style = MaterialTheme.typography.titleMedium,
            color = MaterialTheme.colorScheme.primary,
        )
        Figure(R.string.benchmark_engine, "${report.engine} ${report.engineVersion}")
        Figure(R.string.benchmark_load, report.loadMs?.let { milliseconds(it) } ?: unknown)
        Figure(R.string.benchmark_first, milliseconds(median(report.rounds) { it.timeToFirstTokenMs }))
        Figure(R.string.benchmark_prefill, speed(median(report.rounds) { it.prefillTokensPerS }))
        Figure(R.string.benchmark_decode, speed(median(report.rounds) { it.decodeTokensPerS }))
        for (at in report.byPosition) {
            Pair(stringResource(R.string.benchmark_decode_at, at.position), speed(at.decodeTokensPerS))
        }
        val peak = report.peakRssBytes?.let { Formatter.formatShortFileSize(context, it) }
        Figure(R.string.benchmark_memory, peak ?: unknown)
        Figure(R.string.benchmark_heat, heat(report) ?: unknown)
        Figure(R.string.benchmark_battery, report.batteryPercent?.let { percent(it) } ?: unknown)
    }
}

@Composable
private fun Figure(
    @StringRes name: Int,
    value: String,
): Unit = Pair(stringResource(name), value)

/** A name and its value, spoken as one; the value goes to the next line where large type needs it. */
@Composable
private fun Pair(name: String, value: String) {
    FlowRow(
        Modifier.fillMaxWidth().padding(vertical = 2.dp).semantics(mergeDescendants = true) {},
        horizontalArrangement = Arrangement.SpaceBetween,
    ) {
        Text(name, Modifier.padding(end = 16.dp))
        Text(value, color = MaterialTheme.colorScheme.onSurfaceVariant)
    }
}

@Composable
private fun milliseconds(value: Double): String = stringResource(R.string.benchmark_ms, value)

@Composable
private fun speed(tokensPerS: Double): String = stringResource(R.string.benchmark_tokens_per_s, tokensPerS)

@Composable
private fun percent(value: Double): String = stringResource(R.string.benchmark_percent, value)

private fun heat(report: BenchmarkReport): String? {
    val before = report.thermalBefore ?: return null
    return listOfNotNull(before, report.thermalAfter).distinct().joinToString(" → ")
}
