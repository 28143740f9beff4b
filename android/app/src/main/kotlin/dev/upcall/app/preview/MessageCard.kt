package dev.upcall.app.preview

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.FilledTonalButton
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedCard
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.SpanStyle
import androidx.compose.ui.text.TextRange
import androidx.compose.ui.text.input.TextFieldValue
import androidx.compose.ui.text.style.TextDirection
import androidx.compose.ui.unit.dp
import dev.upcall.app.R
import dev.upcall.app.why.words
import dev.upcall.core.Role
import dev.upcall.core.redaction.Masked

/**
 * One message as it would leave, its placeholders marked.
 *
 * @param onEdit begin or end to edit it.
 * @param onMask mask what is selected.
 * @param onTap a placeholder was tapped.
 */
@Composable
internal fun MessageCard(
    role: Role,
    text: String,
    masked: List<Masked>,
    isEditing: Boolean,
    onEdit: (Boolean) -> Unit,
    onChange: (String) -> Unit,
    onMask: (String) -> Unit,
    onTap: (Masked) -> Unit,
) {
    OutlinedCard(Modifier.fillMaxWidth()) {
        Column(Modifier.padding(start = 16.dp, end = 8.dp, bottom = 12.dp)) {
            Row(verticalAlignment = Alignment.CenterVertically) {
                Text(
                    stringResource(words(role)),
                    Modifier.weight(1f).semantics { heading() },
                    style = MaterialTheme.typography.titleSmall,
                )
                if (!isEditing) {
                    IconButton(onClick = { onEdit(true) }) {
                        val speaker = stringResource(words(role))
                        Icon(painterResource(R.drawable.ic_edit), stringResource(R.string.preview_edit, speaker))
                    }
                }
            }
            if (isEditing) {
                Editor(text, masked, onChange, onMask, onDone = { onEdit(false) })
            } else {
                Text(
                    marked(text, masked, markStyle(), onTap),
                    Modifier.padding(end = 8.dp),
                    style = MaterialTheme.typography.bodyLarge.copy(textDirection = TextDirection.Content),
                )
            }
        }
    }
}

@Composable
private fun Editor(
    text: String,
    masked: List<Masked>,
    onChange: (String) -> Unit,
    onMask: (String) -> Unit,
    onDone: () -> Unit,
) {
    var edited by rememberSaveable(stateSaver = TextFieldValue.Saver) {
        mutableStateOf(TextFieldValue(text, TextRange(text.length)))
    }
    // Masking changes the text from outside.
    val value = if (edited.text == text) edited else TextFieldValue(text, TextRange(text.length))
    val chosen = maskable(text, value.selection.min, value.selection.max, masked)
    Column(Modifier.padding(end = 8.dp)) {
        OutlinedTextField(
            value = value,
            onValueChange = {
                edited = it
                if (it.text != text) onChange(it.text)
            },
            label = { Text(stringResource(R.string.preview_text)) },
            visualTransformation = MarkedText(masked, markStyle()),
            modifier = Modifier.fillMaxWidth(),
        )
        FlowRow(Modifier.padding(top = 8.dp), horizontalArrangement = Arrangement.spacedBy(8.dp)) {
            FilledTonalButton(enabled = chosen != null, onClick = { chosen?.let(onMask) }) {
                Text(stringResource(R.string.preview_mask))
            }
            TextButton(onClick = onDone) { Text(stringResource(R.string.done)) }
        }
    }
}

@Composable
private fun markStyle(): SpanStyle = MaterialTheme.colorScheme.run {
    SpanStyle(color = onTertiaryContainer, background = tertiaryContainer)
}
