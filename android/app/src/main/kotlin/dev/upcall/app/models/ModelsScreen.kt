package dev.upcall.app.models

import androidx.annotation.StringRes
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.foundation.lazy.rememberLazyListState
import androidx.compose.foundation.selection.selectableGroup
import androidx.compose.material3.Button
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.LifecycleResumeEffect
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import dev.upcall.app.R
import dev.upcall.app.navigation.Page

private val WIDEST = 720.dp

/** What the screen asks the user about before it does it. */
internal enum class Dialog { NONE, GET_MODEL, GET_NAMES, DELETE_NAMES }

/** The models on this device: which one answers, where to get more, and what there is to find names with. */
@Composable
fun ModelsScreen(viewModel: ModelsViewModel, onBack: () -> Unit, onBenchmark: () -> Unit) {
    val state by viewModel.state.collectAsStateWithLifecycle()
    var dialog by rememberSaveable { mutableStateOf(Dialog.NONE) }
    var deleted by rememberSaveable { mutableStateOf<String?>(null) }
    LifecycleResumeEffect(Unit) {
        viewModel.refresh() // a model may have been pushed meanwhile
        onPauseOrDispose {}
    }
    Page(stringResource(R.string.models_title), onBack) { modifier ->
        Box(modifier.fillMaxSize(), contentAlignment = Alignment.TopCenter) {
            ModelsList(state, viewModel, { dialog = it }, { deleted = it }, onBenchmark)
        }
    }
    deleted?.let { name ->
        ConfirmDialog(
            title = stringResource(R.string.models_delete_title, name),
            text = stringResource(R.string.models_delete_text),
            onConfirm = { viewModel.delete(name) },
            onClose = { deleted = null },
        )
    }
    ChosenDialog(dialog, viewModel) { dialog = Dialog.NONE }
}

@Composable
private fun ModelsList(
    state: ModelsState,
    viewModel: ModelsViewModel,
    onDialog: (Dialog) -> Unit,
    onDelete: (String) -> Unit,
    onBenchmark: () -> Unit,
) {
    val list = rememberLazyListState()
    val hasNews = state.error != null || state.download !is DownloadState.None
    LaunchedEffect(hasNews, state.error) { if (hasNews) list.animateScrollToItem(0) }
    LazyColumn(
        Modifier.widthIn(max = WIDEST).fillMaxWidth().selectableGroup(),
        list,
        contentPadding = PaddingValues(16.dp),
        verticalArrangement = Arrangement.spacedBy(12.dp),
    ) {
        item("top") { Top(state, viewModel) }
        if (state.models.isEmpty()) item("none") { Text(stringResource(R.string.models_none)) }
        items(state.models, key = { "model ${it.name}" }) { model ->
            ModelRow(
                model = model,
                isActive = model.name == state.active,
                isBusy = model.name == state.busy,
                onChoose = { viewModel.choose(model.name) },
                onVerify = { viewModel.verify(model.name) },
                onDelete = { onDelete(model.name) },
            )
        }
        item("get") {
            Button(onClick = { onDialog(Dialog.GET_MODEL) }) { Text(stringResource(R.string.models_get)) }
            Text(
                stringResource(R.string.models_push),
                Modifier.padding(top = 8.dp),
                style = MaterialTheme.typography.bodyMedium,
                color = MaterialTheme.colorScheme.onSurfaceVariant,
            )
        }
        item("names heading") { Heading(R.string.models_names) }
        item("names") {
            NameModelRow(
                state.nameModel,
                onGet = { onDialog(Dialog.GET_NAMES) },
                onDelete = { onDialog(Dialog.DELETE_NAMES) },
            )
        }
        item("benchmark") {
            Heading(R.string.models_speed)
            OutlinedButton(onClick = onBenchmark, Modifier.padding(top = 8.dp)) {
                Text(stringResource(R.string.models_benchmark))
            }
        }
    }
}

/**
 * What went wrong last and the download, if there is any, and the first heading: one item that is always there, as a list stays at the
 * item that it shows, and a new one above would not be seen.
 */
@Composable
private fun Top(state: ModelsState, viewModel: ModelsViewModel) {
    Column(verticalArrangement = Arrangement.spacedBy(12.dp)) {
        state.error?.let { Problem(it, onDismiss = viewModel::dismiss) }
        if (state.download !is DownloadState.None) {
            DownloadCard(state.download, viewModel::pause, viewModel::resume, viewModel::discard)
        }
        Heading(R.string.models_answering)
    }
}

@Composable
private fun Heading(
    @StringRes text: Int,
) {
    Text(
        stringResource(text),
        Modifier.padding(top = 8.dp).semantics { heading() },
        style = MaterialTheme.typography.titleMedium,
        color = MaterialTheme.colorScheme.primary,
    )
}
