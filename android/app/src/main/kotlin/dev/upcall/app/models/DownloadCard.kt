package dev.upcall.app.models

import android.content.Context
import android.text.format.Formatter
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.Card
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import dev.upcall.app.R

/** How far the download is, and what can be done about it. */
@Composable
internal fun DownloadCard(download: DownloadState, onPause: () -> Unit, onResume: () -> Unit, onDiscard: () -> Unit) {
    Card(Modifier.fillMaxWidth()) {
        Column(Modifier.padding(16.dp), verticalArrangement = Arrangement.spacedBy(8.dp)) {
            Text(headline(download), style = MaterialTheme.typography.titleSmall)
            Progress(download)
            errorOf(download)?.let { Problem(it, onDismiss = null) }
            FlowRow(Modifier.fillMaxWidth(), horizontalArrangement = Arrangement.End) {
                if (download is DownloadState.Running) {
                    TextButton(onClick = onPause) { Text(stringResource(R.string.models_pause)) }
                }
                if (download is DownloadState.Stopped) {
                    TextButton(onClick = onResume) { Text(stringResource(R.string.models_resume)) }
                }
                val isOver = download is DownloadState.Refused || download is DownloadState.Finished
                if (download !is DownloadState.Checking) {
                    TextButton(onClick = onDiscard) {
                        Text(stringResource(if (isOver) R.string.models_dismiss else R.string.models_discard))
                    }
                }
            }
        }
    }
}

@Composable
private fun Progress(download: DownloadState) {
    when (download) {
        is DownloadState.Starting, is DownloadState.Checking -> LinearProgressIndicator(Modifier.fillMaxWidth())
        is DownloadState.Running -> {
            val share = download.receivedBytes.toFloat() / download.totalBytes.coerceAtLeast(1)
            LinearProgressIndicator({ share }, Modifier.fillMaxWidth())
            val context = LocalContext.current
            Text(
                stringResource(
                    R.string.models_received,
                    size(context, download.receivedBytes),
                    size(context, download.totalBytes),
                    download.file,
                ),
                style = MaterialTheme.typography.bodyMedium,
            )
        }
        else -> Unit
    }
}

@Composable
private fun headline(download: DownloadState): String = when (download) {
    DownloadState.None -> ""
    is DownloadState.Starting -> stringResource(R.string.models_starting, download.name)
    is DownloadState.Running -> stringResource(R.string.models_downloading, download.name)
    is DownloadState.Checking -> stringResource(R.string.models_checking, download.name)
    is DownloadState.Stopped ->
        stringResource(R.string.models_stopped, download.name, size(LocalContext.current, download.receivedBytes))
    is DownloadState.Refused -> stringResource(R.string.models_refused)
    is DownloadState.Finished -> stringResource(R.string.models_finished, download.name)
}

private fun errorOf(download: DownloadState) = when (download) {
    is DownloadState.Stopped -> download.error
    is DownloadState.Refused -> download.error
    else -> null
}

private fun size(context: Context, bytes: Long): String = Formatter.formatShortFileSize(context, bytes)
