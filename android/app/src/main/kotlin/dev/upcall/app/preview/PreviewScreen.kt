package dev.upcall.app.preview

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.navigationBarsPadding
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.material3.Button
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import dev.upcall.app.R
import dev.upcall.app.navigation.Page
import dev.upcall.core.redaction.Masked

/** Names the list of what would leave, for tests. */
const val DEPARTURE_TAG = "departure"

/** Exactly what would leave, to be sent as it is, changed, or kept. Going back leaves the question waiting. */
@Composable
fun PreviewScreen(viewModel: PreviewViewModel, onBack: () -> Unit) {
    val findsNames by viewModel.findsNames.collectAsStateWithLifecycle()
    val shown = viewModel.state
    Page(
        title = stringResource(R.string.preview_title),
        onBack = onBack,
        bottomBar = { if (shown != null) Choices(shown.isEdited, viewModel::send, viewModel::keep) },
    ) { modifier ->
        Box(modifier.fillMaxSize(), contentAlignment = Alignment.TopCenter) {
            if (shown == null) {
                Text(stringResource(R.string.preview_nothing), Modifier.padding(24.dp))
            } else {
                Messages(shown, findsNames, viewModel)
            }
        }
    }
}

@Composable
private fun Messages(state: PreviewState, findsNames: Boolean, viewModel: PreviewViewModel) {
    val departure = state.departure
    var editing by rememberSaveable(state.number) { mutableStateOf<Int?>(null) }
    var tapped by remember(state.number) { mutableStateOf<Masked?>(null) }
    val card: @Composable (Int) -> Unit = { index ->
        MessageCard(
            role = departure.roles[index],
            text = departure.texts[index],
            masked = departure.masked,
            isEditing = editing == index,
            onEdit = { editing = if (it) index else null },
            onChange = { viewModel.edit(index, it) },
            onMask = viewModel::mask,
            onTap = { tapped = it },
        )
    }
    val question = departure.texts.lastIndex // shown first: what stands before it was mostly seen already
    LazyColumn(
        Modifier.widthIn(max = 720.dp).fillMaxSize().testTag(DEPARTURE_TAG),
        contentPadding = PaddingValues(16.dp),
        verticalArrangement = Arrangement.spacedBy(12.dp),
    ) {
        item(key = "head") { Head(state, findsNames) }
        item(key = question) { card(question) }
        if (question > 0) {
            item(key = "before") {
                Text(
                    stringResource(R.string.preview_before),
                    Modifier.padding(top = 8.dp).semantics { heading() },
                    style = MaterialTheme.typography.titleMedium,
                )
            }
        }
        items(question, key = { it }) { card(it) }
    }
    tapped?.let { mask ->
        MaskDialog(
            mask = mask,
            value = viewModel.valueOf(mask),
            onTakeOut = { viewModel.takeOut(mask) },
            onClose = { tapped = null },
        )
    }
}

@Composable
private fun Choices(isEdited: Boolean, onSend: () -> Unit, onKeep: () -> Unit) {
    Surface(color = MaterialTheme.colorScheme.surfaceContainer) {
        FlowRow(
            Modifier.fillMaxWidth().navigationBarsPadding().padding(horizontal = 16.dp, vertical = 8.dp),
            horizontalArrangement = Arrangement.spacedBy(12.dp, Alignment.End),
        ) {
            OutlinedButton(onClick = onKeep) { Text(stringResource(R.string.preview_keep)) }
            Button(onClick = onSend) {
                Text(stringResource(if (isEdited) R.string.preview_send_edited else R.string.preview_send))
            }
        }
    }
}
