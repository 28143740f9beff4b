package dev.upcall.app.settings

import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.selection.selectableGroup
import androidx.compose.material3.Slider
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableFloatStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.semantics.stateDescription
import androidx.compose.ui.text.input.KeyboardType
import dev.upcall.app.R
import dev.upcall.core.decision.Strategy
import kotlin.math.exp
import kotlin.math.ln
import kotlin.math.roundToInt

private const val LEVELS = 10
private const val PERCENT = 100
private const val LEAST_PERCENT = 1
private const val MOST_PERCENT = 99
private const val HALF_SURE = 0.5

/** Where questions are answered, how well and at what length. */
@Composable
internal fun AnswerSection(settings: Settings, viewModel: SettingsViewModel) {
    Section(R.string.settings_answers) {
        Text(stringResource(R.string.settings_strategy))
        Column(Modifier.selectableGroup()) {
            for (strategy in listOf(Strategy.CASCADE, Strategy.LOCAL, Strategy.CLOUD)) {
                RadioRow(stringResource(strategyName(strategy)), isChosen = settings.strategy == strategy) {
                    viewModel.change { it.copy(strategy = strategy) }
                }
            }
        }
        QualitySlider(settings.qualityLevel) { level -> viewModel.change { it.copy(qualityLevel = level) } }
        SwitchRow(R.string.settings_threshold, R.string.settings_threshold_help, settings.threshold != null) { isOn ->
            viewModel.change { it.copy(threshold = if (isOn) ln(HALF_SURE) else null) }
        }
        settings.threshold?.let { threshold ->
            ThresholdSlider(threshold) { chosen -> viewModel.change { it.copy(threshold = chosen) } }
        }
        NumberField(
            label = stringResource(R.string.settings_length),
            help = stringResource(R.string.settings_length_help),
            stored = settings.mostOutputTokens,
            allowed = 1..MOST_OUTPUT_TOKENS,
            onRight = { tokens -> viewModel.change { it.copy(mostOutputTokens = tokens ?: it.mostOutputTokens) } },
        )
    }
}

private fun strategyName(strategy: Strategy): Int = when (strategy) {
    Strategy.CASCADE -> R.string.settings_strategy_cascade
    Strategy.LOCAL -> R.string.settings_strategy_local
    Strategy.CLOUD -> R.string.settings_strategy_cloud
}

/** A number to type; where [isOptional], nothing is a number too. */
@Composable
internal fun NumberField(
    label: String,
    help: String,
    stored: Int?,
    allowed: IntRange,
    onRight: (Int?) -> Unit,
    isOptional: Boolean = false,
) {
    val wrong = stringResource(R.string.settings_whole_number, allowed.first, allowed.last)
    CheckedField(
        label = label,
        help = help,
        stored = stored?.toString().orEmpty(),
        problem = { text ->
            val isRight = if (text.isBlank()) isOptional else text.trim().toIntOrNull() in allowed
            wrong.takeUnless { isRight }
        },
        onRight = { onRight(it.trim().toIntOrNull()) },
        keyboardType = KeyboardType.Number,
    )
}

@Composable
private fun QualitySlider(level: Double, onChosen: (Double) -> Unit) {
    var position by remember(level) { mutableFloatStateOf((level * LEVELS).toFloat()) }
    val tenths = position.roundToInt()
    val described =
        when {
            tenths == 0 -> stringResource(R.string.settings_quality_least)
            tenths < LEVELS / 2 -> stringResource(R.string.settings_quality_less, tenths)
            tenths == LEVELS / 2 -> stringResource(R.string.settings_quality_calibrated)
            tenths < LEVELS -> stringResource(R.string.settings_quality_more, tenths)
            else -> stringResource(R.string.settings_quality_most)
        }
    LabelledSlider(
        label = stringResource(R.string.settings_quality),
        described = described,
        position = position,
        range = 0f..LEVELS.toFloat(),
        steps = LEVELS - 1,
        onMove = { position = it },
        onChosen = { onChosen(position.roundToInt() / LEVELS.toDouble()) },
    )
    Help(stringResource(R.string.settings_quality_help))
}

@Composable
private fun ThresholdSlider(threshold: Double, onChosen: (Double) -> Unit) {
    var position by remember(threshold) {
        mutableFloatStateOf(
            (exp(threshold) * PERCENT).toFloat().coerceIn(LEAST_PERCENT.toFloat(), MOST_PERCENT.toFloat()),
        )
    }
    val percent = position.roundToInt()
    LabelledSlider(
        label = stringResource(R.string.settings_threshold_level),
        described = stringResource(R.string.settings_threshold_value, percent, score(percent)),
        position = position,
        range = LEAST_PERCENT.toFloat()..MOST_PERCENT.toFloat(),
        steps = MOST_PERCENT - LEAST_PERCENT - 1,
        onMove = { position = it },
        onChosen = { onChosen(score(position.roundToInt())) },
    )
}

/** The least log-probability of an answer that is so sure. */
private fun score(percent: Int): Double = ln(percent / PERCENT.toDouble())

@Composable
private fun LabelledSlider(
    label: String,
    described: String,
    position: Float,
    range: ClosedFloatingPointRange<Float>,
    steps: Int,
    onMove: (Float) -> Unit,
    onChosen: () -> Unit,
) {
    Text(label)
    Help(described)
    Slider(
        value = position,
        onValueChange = onMove,
        modifier =
            Modifier.semantics {
                contentDescription = label
                stateDescription = described
            },
        valueRange = range,
        steps = steps,
        onValueChangeFinished = onChosen,
    )
}
