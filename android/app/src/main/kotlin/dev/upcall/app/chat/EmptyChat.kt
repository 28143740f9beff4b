package dev.upcall.app.chat

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import dev.upcall.app.R

/**
 * What the app does, before there is anything else to show.
 *
 * @param hasModel whether a model can be asked; null until that is known.
 * @param onModels leads to where one is to be had.
 */
@Composable
internal fun EmptyChat(hasModel: Boolean?, onModels: () -> Unit, modifier: Modifier = Modifier) {
    Box(modifier.fillMaxSize(), contentAlignment = Alignment.Center) {
        Column(
            Modifier.widthIn(max = WIDEST_MESSAGE).verticalScroll(rememberScrollState()).padding(24.dp),
            verticalArrangement = Arrangement.spacedBy(16.dp),
        ) {
            Text(
                stringResource(R.string.empty_title),
                Modifier.semantics { heading() },
                style = MaterialTheme.typography.headlineSmall,
            )
            for (words in listOf(R.string.empty_device, R.string.empty_cloud, R.string.empty_private)) {
                Text(stringResource(words), style = MaterialTheme.typography.bodyLarge)
            }
            if (hasModel == false) NoModel(onModels)
        }
    }
}

/** Nothing can be answered: says so, and leads to where that is mended. */
@Composable
internal fun NoModel(onModels: () -> Unit, modifier: Modifier = Modifier) {
    Surface(
        color = MaterialTheme.colorScheme.tertiaryContainer,
        shape = MaterialTheme.shapes.large,
        modifier = modifier,
    ) {
        Column(Modifier.padding(16.dp), verticalArrangement = Arrangement.spacedBy(12.dp)) {
            Text(stringResource(R.string.empty_no_model), style = MaterialTheme.typography.bodyLarge)
            Button(onClick = onModels) { Text(stringResource(R.string.empty_get_model)) }
        }
    }
}
