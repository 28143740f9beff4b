package dev.upcall.app.benchmark

import android.content.Context
import android.content.Intent
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import dev.upcall.app.R
import dev.upcall.app.models.Problem
import dev.upcall.app.navigation.Page

/** Measures a model on this device and shows what came of it. */
@Composable
fun BenchmarkScreen(viewModel: BenchmarkViewModel, onBack: () -> Unit) {
    val state by viewModel.state.collectAsStateWithLifecycle()
    val context = LocalContext.current
    Page(stringResource(R.string.benchmark_title), onBack) { modifier ->
        Box(modifier.fillMaxSize(), contentAlignment = Alignment.TopCenter) {
            Column(
                Modifier.widthIn(max = 720.dp).fillMaxWidth().verticalScroll(rememberScrollState()).padding(16.dp),
                verticalArrangement = Arrangement.spacedBy(16.dp),
            ) {
                Text(stringResource(R.string.benchmark_what))
                ModelChoice(state, viewModel::choose)
                Controls(state, viewModel) { report -> share(context, viewModel.json(report)) }
                state.step?.let { Running(it) }
                state.error?.let { Problem(it, onDismiss = null) }
                state.report?.let { BenchmarkFigures(it) }
            }
        }
    }
}

@Composable
private fun Controls(state: BenchmarkState, viewModel: BenchmarkViewModel, onShare: (BenchmarkReport) -> Unit) {
    FlowRow(horizontalArrangement = Arrangement.spacedBy(12.dp)) {
        if (state.isRunning) {
            Button(onClick = viewModel::stop) { Text(stringResource(R.string.benchmark_stop)) }
        } else {
            Button(onClick = viewModel::start, enabled = state.chosen != null) {
                Text(stringResource(R.string.benchmark_start))
            }
        }
        state.report?.let { report ->
            OutlinedButton(onClick = { onShare(report) }) { Text(stringResource(R.string.benchmark_share)) }
        }
    }
}

@Composable
private fun Running(step: BenchmarkStep) {
    Column(verticalArrangement = Arrangement.spacedBy(8.dp)) {
        Text(
            when (step) {
                BenchmarkStep.Verifying -> stringResource(R.string.benchmark_verifying)
                BenchmarkStep.Loading -> stringResource(R.string.benchmark_loading)
                is BenchmarkStep.Round -> stringResource(R.string.benchmark_round, step.number, step.count)
                is BenchmarkStep.AtPosition -> stringResource(R.string.benchmark_position, step.position)
            },
            Modifier.semantics { liveRegion = LiveRegionMode.Polite },
            style = MaterialTheme.typography.bodyLarge,
        )
        LinearProgressIndicator(Modifier.fillMaxWidth())
    }
}

private fun share(context: Context, json: String) {
    val send = Intent(Intent.ACTION_SEND).setType("text/plain").putExtra(Intent.EXTRA_TEXT, json)
    context.startActivity(Intent.createChooser(send, null))
}
