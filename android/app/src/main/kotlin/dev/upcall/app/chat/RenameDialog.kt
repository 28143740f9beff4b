package dev.upcall.app.chat

import androidx.compose.foundation.text.input.InputTransformation
import androidx.compose.foundation.text.input.TextFieldLineLimits
import androidx.compose.foundation.text.input.maxLength
import androidx.compose.foundation.text.input.rememberTextFieldState
import androidx.compose.material3.AlertDialog
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.ui.res.stringResource
import dev.upcall.app.R
import dev.upcall.app.data.LONGEST_TITLE

/** Asks for another name of a conversation. */
@Composable
internal fun RenameDialog(title: String, onRename: (String) -> Unit, onClose: () -> Unit) {
    val name = rememberTextFieldState(title)
    AlertDialog(
        onDismissRequest = onClose,
        title = { Text(stringResource(R.string.conversation_rename)) },
        text = {
            OutlinedTextField(
                state = name,
                label = { Text(stringResource(R.string.conversation_title)) },
                lineLimits = TextFieldLineLimits.SingleLine,
                inputTransformation = InputTransformation.maxLength(LONGEST_TITLE),
            )
        },
        confirmButton = {
            TextButton(
                enabled = name.text.isNotBlank(),
                onClick = {
                    onRename(name.text.toString())
                    onClose()
                },
            ) { Text(stringResource(R.string.conversation_rename)) }
        },
        dismissButton = { TextButton(onClick = onClose) { Text(stringResource(R.string.cancel)) } },
    )
}
