package dev.upcall.app.settings

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.material3.Button
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.error
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.ui.text.input.PasswordVisualTransformation
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import dev.upcall.app.R

/** Whom to call, and how. */
@Composable
internal fun CloudSection(state: SettingsState, viewModel: SettingsViewModel) {
    var useTls by rememberSaveable { mutableStateOf(state.settings.useTls) }
    var address by rememberSaveable { mutableStateOf(state.settings.cloudTarget) }
    Section(R.string.settings_cloud) {
        CheckedField(
            label = stringResource(R.string.settings_address),
            help = stringResource(R.string.settings_address_help),
            stored = address,
            problem = { cloudProblem(it, useTls)?.message },
            onChange = { address = it },
            onRight = { viewModel.changeCloud(it, useTls) },
            keyboardType = KeyboardType.Uri,
        )
        SwitchRow(R.string.settings_tls, R.string.settings_tls_help, useTls) {
            useTls = it
            viewModel.changeCloud(address, it)
        }
        KeyField(state.key, viewModel)
    }
}

/** Takes a key in and never shows it again; what is typed is not saved with the screen. */
@Composable
private fun KeyField(presence: ApiKeyPresence, viewModel: SettingsViewModel) {
    var key by remember { mutableStateOf("") }
    val problem by viewModel.keyProblem.collectAsStateWithLifecycle()
    val wrong =
        problem?.message ?: stringResource(R.string.settings_key_lost).takeIf { presence == ApiKeyPresence.LOST }
    val isKept = presence == ApiKeyPresence.SET
    OutlinedTextField(
        value = key,
        onValueChange = { key = it },
        modifier = Modifier.fillMaxWidth().semantics { if (wrong != null) error(wrong) },
        label = { Text(stringResource(R.string.settings_key)) },
        supportingText = {
            Text(wrong ?: stringResource(if (isKept) R.string.settings_key_set else R.string.settings_key_none))
        },
        isError = wrong != null,
        keyboardOptions = KeyboardOptions(autoCorrectEnabled = false, keyboardType = KeyboardType.Password),
        singleLine = true,
        visualTransformation = PasswordVisualTransformation(),
    )
    FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp)) {
        Button(onClick = { viewModel.keepKey(key) { key = "" } }, enabled = key.isNotBlank()) {
            Text(stringResource(R.string.settings_key_save))
        }
        if (isKept) {
            TextButton(onClick = viewModel::deleteKey) { Text(stringResource(R.string.settings_key_delete)) }
        }
    }
}
