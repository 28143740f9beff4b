package dev.upcall.app.settings

import androidx.annotation.StringRes
import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.selection.selectableGroup
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.AlertDialog
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.unit.dp
import dev.upcall.app.R
import dev.upcall.app.why.entityName
import dev.upcall.core.redaction.Action
import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Policy

private val ROW_HEIGHT = 48.dp

/** What leaves, and what happens to each kind of private text. */
@Composable
internal fun PrivacySection(settings: Settings, viewModel: SettingsViewModel) {
    val policy = settings.policy
    val changePolicy = { changed: Policy -> viewModel.change { it.copy(policy = changed) } }
    Section(R.string.settings_privacy) {
        Help(stringResource(R.string.settings_privacy_note))
        SwitchRow(R.string.settings_show, R.string.settings_show_help, settings.showsBeforeSending) { isOn ->
            viewModel.change { it.copy(showsBeforeSending = isOn) }
        }
        SwitchRow(
            R.string.settings_unread,
            R.string.settings_unread_help,
            policy.unreadScript == Action.BLOCK,
        ) { isOn ->
            changePolicy(Policy(policy.actions, if (isOn) Action.BLOCK else Action.ALLOW))
        }
    }
    Section(R.string.settings_policy) {
        Column {
            for (type in EntityType.entries) {
                PolicyRow(type, policy.action(type)) { action ->
                    changePolicy(Policy(policy.actions + (type to action), policy.unreadScript))
                }
            }
        }
    }
}

@Composable
private fun PolicyRow(type: EntityType, action: Action, onChoose: (Action) -> Unit) {
    var isChoosing by rememberSaveable { mutableStateOf(false) }
    val name = stringResource(entityName(type))
    Column(
        Modifier
            .fillMaxWidth()
            .heightIn(min = ROW_HEIGHT)
            .clickable(role = Role.Button) { isChoosing = true }
            .padding(vertical = 4.dp),
    ) {
        Text(name)
        Help(stringResource(actionName(action)))
    }
    if (isChoosing) {
        ActionDialog(name, action, onDismiss = { isChoosing = false }) {
            isChoosing = false
            onChoose(it)
        }
    }
}

@Composable
private fun ActionDialog(name: String, chosen: Action, onDismiss: () -> Unit, onChoose: (Action) -> Unit) {
    AlertDialog(
        onDismissRequest = onDismiss,
        confirmButton = { TextButton(onClick = onDismiss) { Text(stringResource(R.string.cancel)) } },
        title = { Text(name, style = MaterialTheme.typography.titleLarge) },
        text = {
            Column(Modifier.selectableGroup().verticalScroll(rememberScrollState())) {
                for (action in listOf(Action.MASK, Action.BLOCK, Action.ALLOW)) {
                    RadioRow(stringResource(actionName(action)), action == chosen) { onChoose(action) }
                }
            }
        },
    )
}

@StringRes
private fun actionName(action: Action): Int = when (action) {
    Action.MASK -> R.string.settings_policy_mask
    Action.BLOCK -> R.string.settings_policy_block
    Action.ALLOW -> R.string.settings_policy_allow
}
