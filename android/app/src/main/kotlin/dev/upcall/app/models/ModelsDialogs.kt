package dev.upcall.app.models

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.foundation.text.input.TextFieldLineLimits
import androidx.compose.foundation.text.input.rememberTextFieldState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.AlertDialog
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.ui.unit.dp
import dev.upcall.app.R

/** What was asked for. */
@Composable
internal fun ChosenDialog(dialog: Dialog, viewModel: ModelsViewModel, onClose: () -> Unit) {
    when (dialog) {
        Dialog.NONE -> Unit
        Dialog.GET_MODEL ->
            AddressDialog(
                title = stringResource(R.string.models_get_title),
                text = stringResource(R.string.models_get_text),
                onConfirm = viewModel::download,
                onClose = onClose,
            )
        Dialog.GET_NAMES ->
            AddressDialog(
                title = stringResource(R.string.models_get_names_title),
                text = stringResource(R.string.models_get_names_text),
                onConfirm = viewModel::downloadNameModel,
                onClose = onClose,
            )
        Dialog.DELETE_NAMES ->
            ConfirmDialog(
                title = stringResource(R.string.models_delete_names_title),
                text = stringResource(R.string.models_delete_names_text),
                onConfirm = viewModel::deleteNameModel,
                onClose = onClose,
            )
    }
}

/** Asks before something is deleted. */
@Composable
internal fun ConfirmDialog(title: String, text: String, onConfirm: () -> Unit, onClose: () -> Unit) {
    AlertDialog(
        onDismissRequest = onClose,
        title = { Text(title) },
        text = { Text(text, Modifier.verticalScroll(rememberScrollState())) },
        confirmButton = {
            TextButton(
                onClick = {
                    onConfirm()
                    onClose()
                },
            ) { Text(stringResource(R.string.models_delete)) }
        },
        dismissButton = { TextButton(onClick = onClose) { Text(stringResource(R.string.models_cancel)) } },
    )
}

/** Asks where to download from. */
@Composable
private fun AddressDialog(title: String, text: String, onConfirm: (String) -> Unit, onClose: () -> Unit) {
    val address = rememberTextFieldState("https://")
    AlertDialog(
        onDismissRequest = onClose,
        title = { Text(title) },
        text = {
            Column(Modifier.verticalScroll(rememberScrollState()), verticalArrangement = Arrangement.spacedBy(12.dp)) {
                Text(text)
                OutlinedTextField(
                    state = address,
                    modifier = Modifier.fillMaxWidth(),
                    label = { Text(stringResource(R.string.models_address)) },
                    keyboardOptions = KeyboardOptions(autoCorrectEnabled = false, keyboardType = KeyboardType.Uri),
                    lineLimits = TextFieldLineLimits.MultiLine(maxHeightInLines = 4),
                )
            }
        },
        confirmButton = {
            TextButton(
                enabled = address.text.isNotBlank(),
                onClick = {
                    onConfirm(address.text.toString())
                    onClose()
                },
            ) { Text(stringResource(R.string.models_download)) }
        },
        dismissButton = { TextButton(onClick = onClose) { Text(stringResource(R.string.models_cancel)) } },
    )
}
