package dev.upcall.app.benchmark

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.selection.selectable
import androidx.compose.foundation.selection.selectableGroup
import androidx.compose.material3.RadioButton
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.unit.dp
import dev.upcall.app.R

/** Which model is measured. */
@Composable
internal fun ModelChoice(state: BenchmarkState, onChoose: (String) -> Unit) {
    if (state.models.isEmpty()) {
        Text(stringResource(R.string.benchmark_no_model))
        return
    }
    Column(Modifier.selectableGroup()) {
        for (model in state.models) {
            val isChosen = model.name == state.chosen
            Row(
                Modifier
                    .fillMaxWidth()
                    .heightIn(min = 48.dp)
                    .selectable(isChosen, !state.isRunning, Role.RadioButton) { onChoose(model.name) },
                horizontalArrangement = Arrangement.spacedBy(12.dp),
                verticalAlignment = Alignment.CenterVertically,
            ) {
                RadioButton(selected = isChosen, onClick = null, enabled = !state.isRunning)
                Text(model.name)
            }
        }
    }
}
