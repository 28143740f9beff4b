package dev.upcall.app.why

import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.text.selection.SelectionContainer
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.text.font.FontFamily
import androidx.compose.ui.text.style.TextDirection
import androidx.compose.ui.unit.dp
import dev.upcall.app.R
import dev.upcall.app.data.AnswerTrace
import dev.upcall.app.data.TracedMessage
import kotlin.math.roundToInt

/** How many values were masked, by type. */
@Composable
internal fun Masked(trace: AnswerTrace) {
    if (trace.address == null) return
    Section(R.string.why_masked) {
        if (trace.masked.isEmpty()) Text(stringResource(R.string.why_nothing_masked))
        for ((type, count) in trace.masked) Fact(entityName(type), stringResource(R.string.count, count))
        if (trace.restoredCount > 0) Fact(R.string.why_restored, stringResource(R.string.count, trace.restoredCount))
        if (trace.alteredCount > 0) Fact(R.string.why_altered, stringResource(R.string.count, trace.alteredCount))
    }
}

/** Exactly what left, and to whom. */
@Composable
internal fun Sent(trace: AnswerTrace) {
    Section(R.string.why_sent) {
        val address = trace.address
        if (address == null) {
            Text(stringResource(R.string.why_nothing_sent))
        } else {
            Text(stringResource(R.string.why_sent_to, address))
            for (message in trace.sent) SentMessage(message)
        }
    }
}

@Composable
private fun SentMessage(message: TracedMessage) {
    Surface(
        Modifier.fillMaxWidth().padding(top = 8.dp),
        color = MaterialTheme.colorScheme.surfaceContainerHigh,
        shape = MaterialTheme.shapes.medium,
    ) {
        Column(Modifier.padding(12.dp)) {
            Text(
                stringResource(words(message.role)),
                style = MaterialTheme.typography.labelLarge,
                color = MaterialTheme.colorScheme.onSurfaceVariant,
            )
            SelectionContainer {
                Text(
                    message.content,
                    style =
                        MaterialTheme.typography.bodyMedium.copy(
                            fontFamily = FontFamily.Monospace,
                            textDirection = TextDirection.Content,
                        ),
                )
            }
        }
    }
}

/** What the answer took. */
@Composable
internal fun Cost(trace: AnswerTrace) {
    val usage = trace.usage ?: return
    Section(R.string.why_cost) {
        usage.tokensPerS?.let { Fact(R.string.why_speed, stringResource(R.string.tokens_per_s, it)) }
        usage.timeToFirstTokenMs?.let { Fact(R.string.why_first_token, milliseconds(it)) }
        Fact(R.string.why_total, milliseconds(usage.totalMs))
        if (usage.lostMs > 0) Fact(R.string.why_lost, milliseconds(usage.lostMs))
        Fact(R.string.why_input_tokens, stringResource(R.string.count, usage.inputTokens))
        Fact(R.string.why_output_tokens, stringResource(R.string.count, usage.outputTokens))
    }
}

@Composable
private fun milliseconds(time: Double): String = stringResource(R.string.milliseconds, time.roundToInt())
