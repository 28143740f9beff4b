package dev.upcall.app.preview

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import dev.upcall.app.R
import dev.upcall.app.chat.told
import dev.upcall.app.why.Fact
import dev.upcall.app.why.entityName

/** To whom it would leave, what is masked, and what the user must know before it does. */
@Composable
internal fun Head(state: PreviewState, findsNames: Boolean) {
    val colors = MaterialTheme.colorScheme
    Column(verticalArrangement = Arrangement.spacedBy(8.dp)) {
        Text(
            stringResource(R.string.preview_to, state.departure.address),
            style = MaterialTheme.typography.bodyLarge,
        )
        state.error?.let { Note(told(it), colors.errorContainer) }
        if (state.isAgain) Note(stringResource(R.string.preview_again), colors.tertiaryContainer)
        if (!findsNames) Note(stringResource(R.string.preview_no_names), colors.errorContainer)
        val counts = state.departure.counts
        if (counts.isEmpty()) {
            Text(stringResource(R.string.preview_nothing_masked))
        } else {
            Column {
                Text(stringResource(R.string.preview_masked), style = MaterialTheme.typography.titleSmall)
                for ((type, count) in counts) Fact(entityName(type), stringResource(R.string.count, count))
            }
        }
        Text(
            stringResource(R.string.preview_how),
            style = MaterialTheme.typography.bodySmall,
            color = colors.onSurfaceVariant,
        )
    }
}

/** Something to be read before anything else; spoken when it appears. */
@Composable
private fun Note(words: String, color: Color) {
    Surface(color = color, shape = MaterialTheme.shapes.medium, modifier = Modifier.fillMaxWidth()) {
        Text(words, Modifier.padding(12.dp).semantics { liveRegion = LiveRegionMode.Polite })
    }
}
