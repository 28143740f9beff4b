package dev.upcall.app.preview

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.AlertDialog
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.unit.dp
import dev.upcall.app.R
import dev.upcall.app.why.entityName
import dev.upcall.core.redaction.Masked

/**
 * What a placeholder stands for, and what can be done about it.
 *
 * The value itself cannot be let go here: what is searched again would be masked again. The settings can do that.
 *
 * @param value null where it is not known.
 */
@Composable
internal fun MaskDialog(mask: Masked, value: String?, onTakeOut: () -> Unit, onClose: () -> Unit) {
    AlertDialog(
        onDismissRequest = onClose,
        title = { Text(stringResource(entityName(mask.entityType))) },
        text = {
            Column(Modifier.verticalScroll(rememberScrollState()), Arrangement.spacedBy(12.dp)) {
                if (value != null) Text(value, fontWeight = FontWeight.Bold)
                Text(stringResource(R.string.mask_leaves_as, mask.placeholder))
                Text(stringResource(R.string.mask_take_out_warning))
            }
        },
        confirmButton = { TextButton(onClick = onClose) { Text(stringResource(R.string.mask_keep)) } },
        dismissButton = {
            TextButton(
                onClick = {
                    onTakeOut()
                    onClose()
                },
            ) { Text(stringResource(R.string.mask_take_out)) }
        },
    )
}
