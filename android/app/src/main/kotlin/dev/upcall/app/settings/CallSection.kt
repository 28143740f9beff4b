package dev.upcall.app.settings

import androidx.compose.runtime.Composable
import androidx.compose.ui.res.stringResource
import dev.upcall.app.R

private const val MOST_CALLS = 10_000

/** How often the cloud may be called. */
@Composable
internal fun CallSection(state: SettingsState, viewModel: SettingsViewModel) {
    Section(R.string.settings_budget) {
        NumberField(
            label = stringResource(R.string.settings_calls),
            help = stringResource(R.string.settings_calls_help),
            stored = state.settings.mostCallsPerDay,
            allowed = 0..MOST_CALLS,
            onRight = { calls -> viewModel.change { it.copy(mostCallsPerDay = calls) } },
            isOptional = true,
        )
        state.callsLeft?.let { Help(stringResource(R.string.settings_calls_left, it)) }
    }
}
