package dev.upcall.app.models

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.Card
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import dev.upcall.app.R

/** The model that finds names: whether it is there, and what its absence means. */
@Composable
internal fun NameModelRow(nameModel: NameModel, onGet: () -> Unit, onDelete: () -> Unit) {
    Card(Modifier.fillMaxWidth()) {
        Column(Modifier.padding(16.dp), verticalArrangement = Arrangement.spacedBy(8.dp)) {
            Text(
                stringResource(
                    when (nameModel) {
                        NameModel.Absent -> R.string.models_names_absent
                        NameModel.Installed -> R.string.models_names_installed
                        is NameModel.Damaged -> R.string.models_names_damaged
                    },
                ),
            )
            FlowRow(Modifier.fillMaxWidth(), horizontalArrangement = Arrangement.End) {
                if (nameModel != NameModel.Installed) {
                    TextButton(onClick = onGet) { Text(stringResource(R.string.models_get_names)) }
                }
                if (nameModel != NameModel.Absent) {
                    TextButton(onClick = onDelete) { Text(stringResource(R.string.models_delete_names)) }
                }
            }
        }
    }
}
