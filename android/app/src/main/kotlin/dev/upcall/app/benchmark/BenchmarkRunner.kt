package dev.upcall.app.benchmark

import dev.upcall.app.answering.AnswerService
import dev.upcall.app.device.peakResidentBytes
import dev.upcall.app.models.EngineOpener
import dev.upcall.app.models.ModelLibrary
import dev.upcall.app.models.checkWorkerThread
import dev.upcall.core.Bundle
import dev.upcall.core.EngineError
import dev.upcall.core.InputError
import dev.upcall.core.decision.DeviceMonitor
import dev.upcall.core.languagemodel.EngineMeter
import dev.upcall.core.languagemodel.PREFILL_CHUNK_TOKENS
import dev.upcall.core.languagemodel.Piece
import dev.upcall.core.languagemodel.Tokenizer
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runInterruptible
import kotlinx.coroutines.withContext

private const val TEXT =
    "A lighthouse keeper writes down the weather each morning: wind, clouds, the colour of the sea. "
private const val STEPS_AT_POSITION = 16
private val POSITIONS = listOf(256, 512, 1024)

/**
 * What to measure.
 *
 * @property promptTokens of each round.
 * @property outputTokens of each round's answer, the first of which comes from reading the prompt.
 * @property rounds how often.
 * @throws InputError a number outside its range.
 */
data class BenchmarkPlan(val promptTokens: Int = 128, val outputTokens: Int = 64, val rounds: Int = 3) {
    init {
        if (promptTokens < 1) throw InputError("The prompt has $promptTokens tokens.", allowed = "1 or more")
        if (outputTokens < 2) throw InputError("The answer has $outputTokens tokens.", allowed = "2 or more")
        if (rounds !in
            ROUNDS
        ) {
            throw InputError("There are $rounds rounds.", allowed = "${ROUNDS.first} to ${ROUNDS.last}")
        }
    }

    private companion object {
        val ROUNDS = 1..100
    }
}

/** How far a benchmark is. */
sealed interface BenchmarkStep {
    data object Verifying : BenchmarkStep

    data object Loading : BenchmarkStep

    /** Round [number], from 1, of [count] begins. */
    data class Round(val number: Int, val count: Int) : BenchmarkStep

    /** Speed behind [position] tokens is measured. */
    data class AtPosition(val position: Int) : BenchmarkStep
}

/**
 * Measures a model on this device: loading, first token, prefill, decoding, memory and heat. Questions wait meanwhile.
 *
 * Greedy, with the same prompt in each round and an empty cache before it; `upcall deploy bench` does the same on a computer.
 */
class BenchmarkRunner(
    private val models: ModelLibrary,
    private val engines: EngineOpener,
    private val answers: AnswerService,
    private val monitor: DeviceMonitor,
    private val peakBytes: () -> Long? = ::peakResidentBytes,
    private val dispatcher: CoroutineDispatcher = Dispatchers.IO,
) {
    /**
     * Measures one model; cancelling stops it within a step of the engine.
     *
     * @param requestId goes into the report.
     * @param tell is given how far it is, on a thread of its own.
     * @throws dev.upcall.core.UpcallError the model cannot be opened, or failed.
     */
    suspend fun run(
        name: String,
        plan: BenchmarkPlan = BenchmarkPlan(),
        requestId: String = "",
        tell: (BenchmarkStep) -> Unit = {},
    ): BenchmarkReport = answers.withoutModel {
        tell(BenchmarkStep.Verifying)
        val bundle = models.verify(name)
        checkFits(plan, bundle)
        val before = withContext(dispatcher) { monitor.read() }
        val measured =
            try {
                runInterruptible(dispatcher) { measured(bundle, plan, tell) }
            } catch (_: OutOfMemoryError) {
                throw EngineError("The model $name needs more memory than there is.", nextStep = "close other apps")
            }
        val after = withContext(dispatcher) { monitor.read() }
        val kind = engines.choose(bundle.manifest)
        measured.copy(
            requestId = requestId,
            bundle = name,
            engine = kind.value,
            engineVersion = engines.version(kind),
            peakRssBytes = peakBytes(),
            thermalBefore = before.thermal?.value,
            thermalAfter = after.thermal?.value,
            batteryPercent = after.batteryPercent,
        )
    }

    private fun checkFits(plan: BenchmarkPlan, bundle: Bundle) {
        val context = bundle.manifest.shape.contextLength
        if (plan.promptTokens + plan.outputTokens > context) {
            throw InputError(
                "Prompt and answer have ${plan.promptTokens + plan.outputTokens} tokens.",
                allowed = "$context, the context length of the model",
            )
        }
    }

    private fun measured(bundle: Bundle, plan: BenchmarkPlan, tell: (BenchmarkStep) -> Unit): BenchmarkReport {
        checkWorkerThread()
        tell(BenchmarkStep.Loading)
        val startNs = System.nanoTime()
        val tokenizer = Tokenizer.open(bundle.tokenizer)
        return engines.open(bundle).use { engine ->
            val loadMs = (System.nanoTime() - startNs) / 1e6
            val meter = EngineMeter(engine)
            val rounds =
                List(plan.rounds) { index ->
                    tell(BenchmarkStep.Round(index + 1, plan.rounds))
                    round(meter, prompt(tokenizer, plan.promptTokens), plan.outputTokens)
                }
            val later = POSITIONS.filter { it > plan.promptTokens && it + STEPS_AT_POSITION <= engine.contextLength }
            BenchmarkReport(
                requestId = "",
                bundle = null,
                loadMs = loadMs,
                rounds = rounds,
                byPosition = later.map { atPosition(meter, prompt(tokenizer, it), tell) },
            )
        }
    }

    private fun round(meter: EngineMeter, prompt: IntArray, outputTokens: Int): BenchmarkRound {
        val firstS = meter.prefill(prompt, PREFILL_CHUNK_TOKENS)
        val decodeS = meter.decode(outputTokens - 1)
        return BenchmarkRound(
            promptTokens = prompt.size,
            timeToFirstTokenMs = firstS * 1e3,
            prefillTokensPerS = prompt.size / firstS,
            decodeTokensPerS = (outputTokens - 1) / decodeS,
        )
    }

    private fun atPosition(meter: EngineMeter, prompt: IntArray, tell: (BenchmarkStep) -> Unit): SpeedAtPosition {
        tell(BenchmarkStep.AtPosition(prompt.size))
        meter.prefill(prompt, PREFILL_CHUNK_TOKENS)
        return SpeedAtPosition(prompt.size, STEPS_AT_POSITION / meter.decode(STEPS_AT_POSITION))
    }
}

/** So many tokens of a text that is repeated. */
private fun prompt(tokenizer: Tokenizer, count: Int): IntArray {
    val once = tokenizer.encode(listOf(Piece(TEXT, isTemplate = false)))
    return IntArray(count) { once[it % once.size] }
}
