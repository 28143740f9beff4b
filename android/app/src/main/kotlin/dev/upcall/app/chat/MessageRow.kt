package dev.upcall.app.chat

import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.text.selection.SelectionContainer
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.CustomAccessibilityAction
import androidx.compose.ui.semantics.customActions
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextDirection
import androidx.compose.ui.unit.dp
import dev.upcall.app.R
import dev.upcall.app.data.ChatMessage
import dev.upcall.app.data.MessageState
import dev.upcall.core.Role

/** Wider lines are hard to read. */
internal val WIDEST_MESSAGE = 640.dp

/** A longer text is shown from its beginning until it is opened: laying out all of it would hold up the list. */
private const val LONGEST_CLOSED_TEXT = 2_000
private const val CLOSED_CHARACTERS = 600

/** One message. Only the row of an answer that is being made follows [ongoing]. */
@Composable
internal fun MessageRow(
    message: ChatMessage,
    ongoing: OngoingAnswer?,
    isLast: Boolean,
    actions: MessageActions,
    modifier: Modifier = Modifier,
) {
    when {
        message.role != Role.ASSISTANT -> QuestionRow(message, actions, modifier)
        message.state == MessageState.STREAMING -> OngoingRow(ongoing, modifier)
        else -> AnswerRow(message, isLast, actions, modifier)
    }
}

@Composable
private fun QuestionRow(message: ChatMessage, actions: MessageActions, modifier: Modifier) {
    val copy = stringResource(R.string.chat_copy_question)
    Box(
        modifier
            .fillMaxWidth()
            .padding(start = 40.dp)
            .semantics {
                customActions = listOf(CustomAccessibilityAction(copy) { actions.onCopy(message.text).let { true } })
            },
        contentAlignment = Alignment.CenterEnd,
    ) {
        Surface(
            color = MaterialTheme.colorScheme.secondaryContainer,
            shape = MaterialTheme.shapes.large,
            modifier = Modifier.widthIn(max = WIDEST_MESSAGE),
        ) {
            MessageText(message.text, Modifier.padding(horizontal = 16.dp, vertical = 10.dp))
        }
    }
}

@Composable
private fun AnswerRow(message: ChatMessage, isLast: Boolean, actions: MessageActions, modifier: Modifier) {
    Column(modifier.fillMaxWidth().widthIn(max = WIDEST_MESSAGE)) {
        if (message.text.isNotEmpty()) MessageText(message.text)
        AnswerEnd(message, isLast)
        AnswerButtons(message, isLast, actions)
    }
}

/** A text that can be selected, in the direction of its own script. */
@Composable
internal fun MessageText(text: String, modifier: Modifier = Modifier, color: Color = Color.Unspecified) {
    var isOpen by rememberSaveable { mutableStateOf(false) }
    val isClosed = text.length > LONGEST_CLOSED_TEXT && !isOpen
    Column(modifier) {
        SelectionContainer {
            Text(
                text = if (isClosed) beginning(text) else text,
                color = color,
                style = MaterialTheme.typography.bodyLarge.copy(textDirection = TextDirection.Content),
            )
        }
        if (isClosed) TextButton(onClick = { isOpen = true }) { Text(stringResource(R.string.chat_show_all)) }
    }
}

/** The first characters of a text, none of them torn. */
private fun beginning(text: String): String {
    val end = if (text[CLOSED_CHARACTERS - 1].isHighSurrogate()) CLOSED_CHARACTERS - 1 else CLOSED_CHARACTERS
    return text.substring(0, end) + "…"
}
