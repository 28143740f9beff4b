package dev.upcall.app.settings

import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.text.KeyboardActions
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.material3.Button
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.error
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.input.ImeAction
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import dev.upcall.app.R

private val ROW_HEIGHT = 48.dp

/** The user's own words, added and deleted. */
@Composable
internal fun TermSection(terms: List<String>, viewModel: SettingsViewModel) {
    var term by rememberSaveable { mutableStateOf("") }
    val problem by viewModel.termProblem.collectAsStateWithLifecycle()
    val isKnown = term.trim() in terms
    val wrong = problem?.message ?: stringResource(R.string.settings_term_known).takeIf { isKnown }
    val canAdd = term.isNotBlank() && !isKnown
    val add = { if (canAdd) viewModel.addTerm(term) { term = "" } }
    Section(R.string.settings_terms) {
        Help(stringResource(R.string.settings_terms_help))
        OutlinedTextField(
            value = term,
            onValueChange = { term = it },
            modifier = Modifier.fillMaxWidth().semantics { if (wrong != null) error(wrong) },
            label = { Text(stringResource(R.string.settings_term)) },
            supportingText = wrong?.let { { Text(it) } },
            isError = wrong != null,
            keyboardOptions = KeyboardOptions(autoCorrectEnabled = false, imeAction = ImeAction.Done),
            keyboardActions = KeyboardActions(onDone = { add() }),
            singleLine = true,
        )
        Button(onClick = add, enabled = canAdd) { Text(stringResource(R.string.settings_term_add)) }
        for (each in terms) TermRow(each, onDelete = { viewModel.deleteTerm(each) })
    }
}

@Composable
private fun TermRow(term: String, onDelete: () -> Unit) {
    Row(Modifier.fillMaxWidth().heightIn(min = ROW_HEIGHT), verticalAlignment = Alignment.CenterVertically) {
        Text(term, Modifier.weight(1f))
        IconButton(onClick = onDelete) {
            Icon(painterResource(R.drawable.ic_delete), stringResource(R.string.settings_term_delete, term))
        }
    }
}
