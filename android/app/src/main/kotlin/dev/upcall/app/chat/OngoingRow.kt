package dev.upcall.app.chat

import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.widthIn
import androidx.compose.material3.CircularProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.clearAndSetSemantics
import androidx.compose.ui.text.style.TextDirection
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.collectAsStateWithLifecycle

/** An answer that is being made; a draft is paler, as the cloud's answer may take its place. */
@Composable
internal fun OngoingRow(ongoing: OngoingAnswer?, modifier: Modifier = Modifier) {
    Box(modifier.fillMaxWidth().widthIn(max = WIDEST_MESSAGE)) {
        if (ongoing == null) Waiting() else OngoingText(ongoing)
    }
}

@Composable
private fun OngoingText(ongoing: OngoingAnswer) {
    val progress by ongoing.progress.collectAsStateWithLifecycle()
    if (progress.text.isEmpty()) return Waiting()
    val colors = MaterialTheme.colorScheme
    Text(
        text = progress.text,
        color = if (progress.stage.isFinal) colors.onSurface else colors.onSurfaceVariant,
        style = MaterialTheme.typography.bodyLarge.copy(textDirection = TextDirection.Content),
    )
}

/** Spoken by the [StateLine], so it says nothing itself. */
@Composable
private fun Waiting() {
    CircularProgressIndicator(
        Modifier.padding(vertical = 8.dp).size(20.dp).clearAndSetSemantics {},
        strokeWidth = 2.dp,
    )
}
