package dev.upcall.app.settings

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Card
import androidx.compose.material3.CardDefaults
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.SnackbarHostState
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.runtime.remember
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import dev.upcall.app.R
import dev.upcall.app.navigation.Page

private val WIDEST = 640.dp

/** All that the user can choose. What is chosen holds from the next question on. */
@Composable
fun SettingsScreen(viewModel: SettingsViewModel, onBack: () -> Unit) {
    val state by viewModel.state.collectAsStateWithLifecycle()
    val problem by viewModel.problem.collectAsStateWithLifecycle()
    val snackbars = remember { SnackbarHostState() }
    LaunchedEffect(problem) {
        problem?.let {
            snackbars.showSnackbar(it.message.orEmpty(), withDismissAction = true)
            viewModel.dismissProblem()
        }
    }
    Page(stringResource(R.string.settings_title), onBack, snackbars) { modifier ->
        Box(modifier.fillMaxSize(), contentAlignment = Alignment.TopCenter) {
            state?.let { Sections(it, viewModel) }
        }
    }
}

@Composable
private fun Sections(state: SettingsState, viewModel: SettingsViewModel) {
    Column(
        Modifier
            .verticalScroll(rememberScrollState())
            .widthIn(max = WIDEST)
            .fillMaxWidth()
            .padding(horizontal = 16.dp, vertical = 8.dp),
        verticalArrangement = Arrangement.spacedBy(24.dp),
    ) {
        if (state.settings.wereLost) LostNotice(onSeen = { viewModel.change { it.copy(wereLost = false) } })
        CloudSection(state, viewModel)
        AnswerSection(state.settings, viewModel)
        CallSection(state, viewModel)
        PrivacySection(state.settings, viewModel)
        TermSection(state.settings.ownTerms, viewModel)
    }
}

@Composable
private fun LostNotice(onSeen: () -> Unit) {
    Card(
        Modifier.semantics { liveRegion = LiveRegionMode.Polite },
        colors = CardDefaults.cardColors(containerColor = MaterialTheme.colorScheme.errorContainer),
    ) {
        Column(Modifier.padding(16.dp), horizontalAlignment = Alignment.End) {
            Text(stringResource(R.string.settings_lost), Modifier.fillMaxWidth())
            TextButton(onClick = onSeen) { Text(stringResource(R.string.settings_lost_seen)) }
        }
    }
}
