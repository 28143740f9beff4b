package dev.upcall.app.models

import android.text.format.Formatter
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.selection.selectable
import androidx.compose.material3.Card
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.RadioButton
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import dev.upcall.app.R

/** A bundle: whether it answers, what it is, and what can be done with it. */
@Composable
internal fun ModelRow(
    model: InstalledModel,
    isActive: Boolean,
    isBusy: Boolean,
    onChoose: () -> Unit,
    onVerify: () -> Unit,
    onDelete: () -> Unit,
) {
    Card(Modifier.fillMaxWidth()) {
        Column(Modifier.padding(8.dp)) {
            Row(
                Modifier
                    .fillMaxWidth()
                    .heightIn(min = 48.dp)
                    .selectable(isActive, enabled = model.isUsable, role = Role.RadioButton, onClick = onChoose)
                    .padding(8.dp),
                horizontalArrangement = Arrangement.spacedBy(12.dp),
                verticalAlignment = Alignment.CenterVertically,
            ) {
                RadioButton(selected = isActive, onClick = null, enabled = model.isUsable)
                Column {
                    Text(model.name, style = MaterialTheme.typography.titleSmall)
                    Text(
                        described(model),
                        style = MaterialTheme.typography.bodyMedium,
                        color = MaterialTheme.colorScheme.onSurfaceVariant,
                    )
                }
            }
            model.fault?.let { Problem(it, onDismiss = null) }
            if (isBusy) LinearProgressIndicator(Modifier.fillMaxWidth().padding(8.dp))
            Actions(model.name, isEnabled = !isBusy, onVerify, onDelete)
        }
    }
}

/** Actions whose words are the same in each row: what is spoken names the model, too. */
@Composable
private fun Actions(name: String, isEnabled: Boolean, onVerify: () -> Unit, onDelete: () -> Unit) {
    val verify = stringResource(R.string.models_verify_named, name)
    val delete = stringResource(R.string.models_delete_named, name)
    FlowRow(Modifier.fillMaxWidth(), horizontalArrangement = Arrangement.End) {
        TextButton(onVerify, Modifier.semantics { contentDescription = verify }, enabled = isEnabled) {
            Text(stringResource(R.string.models_verify))
        }
        TextButton(onDelete, Modifier.semantics { contentDescription = delete }, enabled = isEnabled) {
            Text(stringResource(R.string.models_delete))
        }
    }
}

@Composable
private fun described(model: InstalledModel): String = listOfNotNull(
    model.engine?.let {
        stringResource(
            if (it ==
                EngineKind.ONNX
            ) {
                R.string.engine_onnx
            } else {
                R.string.engine_executorch
            },
        )
    },
    Formatter.formatShortFileSize(LocalContext.current, model.sizeBytes),
    model.licence.takeIf { it.isNotEmpty() },
    stringResource(R.string.models_verified).takeIf { model.isVerified },
).joinToString(" · ")
