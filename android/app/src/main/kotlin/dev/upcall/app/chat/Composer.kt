package dev.upcall.app.chat

import android.view.KeyEvent.FLAG_SOFT_KEYBOARD
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.foundation.text.input.TextFieldLineLimits
import androidx.compose.foundation.text.input.TextFieldState
import androidx.compose.material3.FilledIconButton
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButtonDefaults
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.material3.minimumInteractiveComponentSize
import androidx.compose.runtime.Composable
import androidx.compose.runtime.remember
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.input.key.Key
import androidx.compose.ui.input.key.KeyEvent
import androidx.compose.ui.input.key.KeyEventType
import androidx.compose.ui.input.key.isShiftPressed
import androidx.compose.ui.input.key.key
import androidx.compose.ui.input.key.onPreviewKeyEvent
import androidx.compose.ui.input.key.type
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.pluralStringResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.input.KeyboardCapitalization
import androidx.compose.ui.unit.dp
import dev.upcall.app.R
import dev.upcall.core.MAX_MESSAGE_CHARACTERS

private const val MOST_LINES = 6

/** Names the field where the question is written, for tests. */
const val COMPOSER_TAG = "composer"

/**
 * Where the question is written.
 *
 * @param draft what is not sent yet.
 * @param isAnswering an answer is being made: the button stops it.
 * @param limit told of what was cut off because it was too long.
 */
@Composable
internal fun Composer(
    draft: TextFieldState,
    isAnswering: Boolean,
    limit: LengthLimit,
    onSend: () -> Unit,
    onStop: () -> Unit,
    modifier: Modifier = Modifier,
) {
    Surface(color = MaterialTheme.colorScheme.surfaceContainer, modifier = modifier.fillMaxWidth()) {
        Box(contentAlignment = Alignment.TopCenter) {
            Row(
                Modifier.widthIn(max = WIDEST_CHAT).padding(start = 16.dp, top = 4.dp, end = 16.dp, bottom = 8.dp),
                verticalAlignment = Alignment.Bottom,
            ) {
                OutlinedTextField(
                    state = draft,
                    modifier =
                        Modifier
                            .weight(1f)
                            .heightIn(min = 56.dp)
                            .testTag(COMPOSER_TAG)
                            .onPreviewKeyEvent { event ->
                                val sends = event.isEnterOfHardware && !isAnswering
                                if (sends) onSend()
                                sends
                            },
                    label = { Text(stringResource(R.string.chat_question)) },
                    inputTransformation = limit,
                    lineLimits = TextFieldLineLimits.MultiLine(maxHeightInLines = MOST_LINES),
                    keyboardOptions = remember { KeyboardOptions(capitalization = KeyboardCapitalization.Sentences) },
                    supportingText = if (limit.cutCharacters > 0) ({ TooLong() }) else null,
                    isError = limit.cutCharacters > 0,
                )
                SendOrStop(
                    isAnswering = isAnswering,
                    canSend = draft.text.isNotBlank(),
                    onSend = onSend,
                    onStop = onStop,
                    modifier = Modifier.padding(start = 8.dp, bottom = 4.dp),
                )
            }
        }
    }
}

@Composable
private fun TooLong() {
    Text(
        pluralStringResource(R.plurals.chat_too_long, MAX_MESSAGE_CHARACTERS, MAX_MESSAGE_CHARACTERS),
        Modifier.semantics { liveRegion = LiveRegionMode.Polite },
    )
}

@Composable
private fun SendOrStop(
    isAnswering: Boolean,
    canSend: Boolean,
    onSend: () -> Unit,
    onStop: () -> Unit,
    modifier: Modifier = Modifier,
) {
    FilledIconButton(
        onClick = if (isAnswering) onStop else onSend,
        enabled = isAnswering || canSend,
        modifier = modifier.minimumInteractiveComponentSize(),
        colors = IconButtonDefaults.filledIconButtonColors(),
    ) {
        Icon(
            painterResource(if (isAnswering) R.drawable.ic_stop else R.drawable.ic_send),
            stringResource(if (isAnswering) R.string.chat_stop else R.string.chat_send),
        )
    }
}

/** Enter without Shift on a keyboard with keys: that of the screen makes lines. */
private val KeyEvent.isEnterOfHardware: Boolean
    get() =
        type == KeyEventType.KeyDown &&
            (key == Key.Enter || key == Key.NumPadEnter) &&
            !isShiftPressed &&
            nativeKeyEvent.flags and FLAG_SOFT_KEYBOARD == 0
