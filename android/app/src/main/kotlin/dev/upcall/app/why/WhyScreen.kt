package dev.upcall.app.why

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.CircularProgressIndicator
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import dev.upcall.app.R
import dev.upcall.app.chat.told
import dev.upcall.app.data.AnswerTrace
import dev.upcall.app.navigation.Page

/** How one answer came about: where it ran and why, the numbers compared, what left, and what it took. */
@Composable
fun WhyScreen(viewModel: WhyViewModel, onBack: () -> Unit) {
    val state by viewModel.state.collectAsStateWithLifecycle()
    Page(stringResource(R.string.why_title), onBack) { modifier ->
        when (val known = state) {
            WhyState.Loading ->
                Box(modifier.fillMaxSize(), contentAlignment = Alignment.Center) { CircularProgressIndicator() }
            WhyState.Unknown -> Text(stringResource(R.string.why_unknown), modifier.padding(24.dp))
            is WhyState.Failed -> Text(told(known.error), modifier.padding(24.dp))
            is WhyState.Known -> Trace(known.trace, modifier)
        }
    }
}

@Composable
private fun Trace(trace: AnswerTrace, modifier: Modifier) {
    Box(modifier.fillMaxSize(), contentAlignment = Alignment.TopCenter) {
        Column(
            Modifier
                .widthIn(max = 720.dp)
                .fillMaxWidth()
                .verticalScroll(rememberScrollState())
                .padding(16.dp),
            verticalArrangement = Arrangement.spacedBy(24.dp),
        ) {
            Choice(trace)
            Numbers(trace)
            Masked(trace)
            Sent(trace)
            Cost(trace)
        }
    }
}
