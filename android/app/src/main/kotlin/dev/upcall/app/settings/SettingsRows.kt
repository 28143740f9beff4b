package dev.upcall.app.settings

import androidx.annotation.StringRes
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.selection.selectable
import androidx.compose.foundation.selection.toggleable
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.RadioButton
import androidx.compose.material3.Switch
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.error
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.ui.unit.dp

private val ROW_HEIGHT = 48.dp

/** Settings under a heading. */
@Composable
internal fun Section(
    @StringRes title: Int,
    content: @Composable ColumnScope.() -> Unit,
) {
    Column(Modifier.fillMaxWidth(), verticalArrangement = Arrangement.spacedBy(8.dp)) {
        Text(
            stringResource(title),
            Modifier.semantics { heading() },
            color = MaterialTheme.colorScheme.primary,
            style = MaterialTheme.typography.titleMedium,
        )
        content()
    }
}

/** A line that explains. */
@Composable
internal fun Help(text: String, modifier: Modifier = Modifier) {
    Text(
        text,
        modifier,
        color = MaterialTheme.colorScheme.onSurfaceVariant,
        style = MaterialTheme.typography.bodyMedium,
    )
}

/** Something that is on or off; all of the row switches it. */
@Composable
internal fun SwitchRow(
    @StringRes label: Int,
    @StringRes help: Int,
    isOn: Boolean,
    onChange: (Boolean) -> Unit,
) {
    Row(
        Modifier
            .fillMaxWidth()
            .heightIn(
                min = ROW_HEIGHT,
            ).toggleable(isOn, role = Role.Switch, onValueChange = onChange),
        horizontalArrangement = Arrangement.spacedBy(16.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Column(Modifier.weight(1f)) {
            Text(stringResource(label))
            Help(stringResource(help))
        }
        Switch(isOn, onCheckedChange = null)
    }
}

/** One of several choices; its parent is a `selectableGroup`. */
@Composable
internal fun RadioRow(label: String, isChosen: Boolean, onChoose: () -> Unit) {
    Row(
        Modifier
            .fillMaxWidth()
            .heightIn(min = ROW_HEIGHT)
            .selectable(isChosen, role = Role.RadioButton, onClick = onChoose),
        horizontalArrangement = Arrangement.spacedBy(16.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        RadioButton(isChosen, onClick = null)
        Text(label, Modifier.weight(1f).padding(vertical = 4.dp))
    }
}

/**
 * A text that is kept as soon as it is right; what is wrong with it stands below it.
 *
 * @param stored what is kept now; the field begins with it.
 * @param problem what is wrong with a text; null where nothing is.
 * @param onRight called with each text that is right.
 * @param onChange called with each text, right or not.
 */
@Composable
internal fun CheckedField(
    label: String,
    help: String,
    stored: String,
    problem: (String) -> String?,
    onRight: (String) -> Unit,
    keyboardType: KeyboardType,
    onChange: (String) -> Unit = {},
) {
    var text by rememberSaveable { mutableStateOf(stored) }
    val wrong = problem(text)
    OutlinedTextField(
        value = text,
        onValueChange = {
            text = it
            onChange(it)
            if (problem(it) == null) onRight(it)
        },
        modifier = Modifier.fillMaxWidth().semantics { if (wrong != null) error(wrong) },
        label = { Text(label) },
        supportingText = { Text(wrong ?: help) },
        isError = wrong != null,
        keyboardOptions = KeyboardOptions(autoCorrectEnabled = false, keyboardType = keyboardType),
        singleLine = true,
    )
}
