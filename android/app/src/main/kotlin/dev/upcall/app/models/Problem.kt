package dev.upcall.app.models

import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import dev.upcall.app.R
import dev.upcall.core.UpcallError

/** What is wrong, what is allowed and what to do now; spoken when it appears. */
@Composable
internal fun Problem(error: UpcallError, onDismiss: (() -> Unit)?) {
    Surface(
        color = MaterialTheme.colorScheme.errorContainer,
        shape = MaterialTheme.shapes.medium,
        modifier = Modifier.fillMaxWidth().semantics { liveRegion = LiveRegionMode.Polite },
    ) {
        Column(Modifier.padding(12.dp)) {
            Text(error.problem, style = MaterialTheme.typography.bodyLarge)
            if (error.allowed.isNotEmpty()) Text(stringResource(R.string.models_allowed, error.allowed))
            if (error.nextStep.isNotEmpty()) Text(stringResource(R.string.models_next, error.nextStep))
            if (onDismiss != null) {
                TextButton(onDismiss, Modifier.align(Alignment.End)) { Text(stringResource(R.string.models_dismiss)) }
            }
        }
    }
}
