package dev.upcall.app.chat

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.material3.Button
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.remember
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import dev.upcall.app.R
import dev.upcall.app.answering.ModelState
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.map

/** Names the line that says where the answer comes from, for tests. */
const val STATE_TAG = "state"

/**
 * Where the answer comes from, and what the user should know of the device.
 *
 * It stands still while the answer grows and is spoken when it changes: TalkBack tells of the answer and not of its
 * words.
 *
 * @param ongoing the answer that is being made; null for none.
 * @param onPreview show what would leave.
 */
@Composable
internal fun StateLine(
    ongoing: OngoingAnswer?,
    model: ModelState,
    notices: List<Notice>,
    onPreview: () -> Unit,
    modifier: Modifier = Modifier,
) {
    Column(modifier.fillMaxWidth().padding(horizontal = 16.dp)) {
        if (ongoing != null) OngoingStage(ongoing, model, onPreview)
        if (notices.isNotEmpty()) {
            FlowRow(horizontalArrangement = Arrangement.spacedBy(16.dp)) {
                for (notice in notices) {
                    Text(
                        stringResource(words(notice)),
                        Modifier.padding(vertical = 4.dp).semantics { liveRegion = LiveRegionMode.Polite },
                        style = MaterialTheme.typography.labelMedium,
                        color = MaterialTheme.colorScheme.error,
                    )
                }
            }
        }
    }
}

@Composable
private fun OngoingStage(ongoing: OngoingAnswer, model: ModelState, onPreview: () -> Unit) {
    val stages = remember(ongoing) { ongoing.progress.map { it.stage }.distinctUntilChanged() }
    val stage by stages.collectAsStateWithLifecycle(ongoing.progress.value.stage)
    val muted = MaterialTheme.colorScheme.onSurfaceVariant
    FlowRow(
        Modifier.fillMaxWidth().heightIn(min = 32.dp),
        horizontalArrangement = Arrangement.SpaceBetween,
        itemVerticalAlignment = Alignment.CenterVertically,
    ) {
        Row(
            Modifier
                .padding(vertical = 4.dp)
                .testTag(STATE_TAG)
                .semantics(mergeDescendants = true) { liveRegion = LiveRegionMode.Polite },
            verticalAlignment = Alignment.CenterVertically,
        ) {
            Icon(painterResource(icon(stage)), null, Modifier.size(18.dp), tint = muted)
            Text(
                words(stage, model),
                Modifier.padding(start = 8.dp),
                style = MaterialTheme.typography.labelLarge,
                color = muted,
            )
        }
        if (stage == Stage.ASKING) Button(onClick = onPreview) { Text(stringResource(R.string.chat_review)) }
    }
}

@Composable
private fun words(stage: Stage, model: ModelState): String = when (stage) {
    Stage.WAITING ->
        if (model is ModelState.Opening) {
            stringResource(R.string.stage_opening, model.name)
        } else {
            stringResource(R.string.stage_waiting)
        }
    Stage.DRAFTING -> stringResource(R.string.stage_drafting)
    Stage.ASKING -> stringResource(R.string.stage_asking)
    Stage.DEVICE -> stringResource(R.string.stage_device)
    Stage.CLOUD -> stringResource(R.string.stage_cloud)
}

private fun icon(stage: Stage): Int = when (stage) {
    Stage.WAITING, Stage.DRAFTING, Stage.DEVICE -> R.drawable.ic_device
    Stage.ASKING -> R.drawable.ic_lock
    Stage.CLOUD -> R.drawable.ic_cloud
}

private fun words(notice: Notice): Int = when (notice) {
    Notice.OFFLINE -> R.string.notice_offline
    Notice.HOT -> R.string.notice_hot
    Notice.LOW_BATTERY -> R.string.notice_low_battery
    Notice.LOW_MEMORY -> R.string.notice_low_memory
}
