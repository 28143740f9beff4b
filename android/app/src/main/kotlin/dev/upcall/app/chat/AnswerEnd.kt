package dev.upcall.app.chat

import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.offset
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import dev.upcall.app.R
import dev.upcall.app.data.ChatMessage
import dev.upcall.app.data.MessageState
import dev.upcall.core.decision.Place

/**
 * Where a finished answer came from, and what went wrong with it.
 *
 * @param isSpoken tell of it as soon as it is so.
 */
@Composable
internal fun AnswerEnd(message: ChatMessage, isSpoken: Boolean) {
    val spoken = if (isSpoken) Modifier.semantics { liveRegion = LiveRegionMode.Polite } else Modifier
    message.error?.let { error ->
        Surface(
            color = MaterialTheme.colorScheme.errorContainer,
            shape = MaterialTheme.shapes.medium,
            modifier = Modifier.padding(top = 4.dp),
        ) {
            Text(error, spoken.padding(12.dp), style = MaterialTheme.typography.bodyMedium)
        }
    }
    val words =
        when (message.state) {
            MessageState.STOPPED -> R.string.answer_stopped
            MessageState.INTERRUPTED -> R.string.answer_interrupted
            MessageState.FAILED -> R.string.answer_failed
            MessageState.DONE, MessageState.STREAMING ->
                when (message.place) {
                    Place.DEVICE -> R.string.answer_of_device
                    Place.CLOUD -> R.string.answer_of_cloud
                    null -> return
                }
        }
    Row(
        Modifier.padding(top = 4.dp).semantics(mergeDescendants = true) {}.then(spoken),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        val muted = MaterialTheme.colorScheme.onSurfaceVariant
        if (message.state == MessageState.DONE) {
            val icon = if (message.place == Place.CLOUD) R.drawable.ic_cloud else R.drawable.ic_device
            Icon(painterResource(icon), null, Modifier.padding(end = 8.dp).size(18.dp), tint = muted)
        }
        Text(stringResource(words), style = MaterialTheme.typography.labelLarge, color = muted)
    }
}

/** What can be done with a finished answer. */
@Composable
internal fun AnswerButtons(message: ChatMessage, isLast: Boolean, actions: MessageActions) {
    // The first icon stands below the text, not the edge of what can be touched.
    FlowRow(Modifier.offset(x = (-14).dp), itemVerticalAlignment = Alignment.CenterVertically) {
        if (message.state != MessageState.INTERRUPTED) {
            AnswerButton(R.drawable.ic_info, R.string.answer_why) { actions.onWhy(message.id) }
        }
        if (message.text.isNotEmpty()) {
            AnswerButton(R.drawable.ic_copy, R.string.answer_copy) { actions.onCopy(message.text) }
            AnswerButton(R.drawable.ic_share, R.string.answer_share) { actions.onShare(message.text) }
        }
        if (isLast) {
            AnswerButton(R.drawable.ic_refresh, R.string.answer_regenerate, actions.onRegenerate)
        }
        if (isLast && message.isPart) {
            TextButton(onClick = actions.onContinue) { Text(stringResource(R.string.answer_continue)) }
        }
    }
}

/** There is text of it, and more was to come. */
private val ChatMessage.isPart: Boolean
    get() = text.isNotEmpty() && (state == MessageState.INTERRUPTED || state == MessageState.STOPPED)

@Composable
private fun AnswerButton(icon: Int, words: Int, onClick: () -> Unit) {
    IconButton(onClick = onClick) {
        Icon(
            painterResource(icon),
            stringResource(words),
            Modifier.size(20.dp),
            tint = MaterialTheme.colorScheme.onSurfaceVariant,
        )
    }
}
