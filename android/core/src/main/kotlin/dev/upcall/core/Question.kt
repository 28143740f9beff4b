package dev.upcall.core

import dev.upcall.core.decision.AnswerFeatures
import dev.upcall.core.decision.BudgetState
import dev.upcall.core.decision.Circumstances
import dev.upcall.core.decision.DeviceMonitor
import dev.upcall.core.decision.DeviceState
import dev.upcall.core.decision.Network
import dev.upcall.core.decision.Place
import dev.upcall.core.decision.Prices
import dev.upcall.core.decision.Signal
import dev.upcall.core.decision.Strategy
import dev.upcall.core.decision.Threshold
import dev.upcall.core.decision.decide
import dev.upcall.core.decision.needsDraft
import dev.upcall.core.languagemodel.LanguageModel
import dev.upcall.core.redaction.Detector
import dev.upcall.core.redaction.Policy
import dev.upcall.core.redaction.StreamRestorer
import dev.upcall.core.redaction.Vault
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.FlowCollector

/** What a session is made of, and what one question of it sees from its beginning to its end. */
internal class Parts(
    val model: LanguageModel,
    val threshold: Threshold?,
    val detector: Detector,
    val policy: Policy,
    val cloud: Cloud?,
    val vault: Vault,
    val monitor: DeviceMonitor?,
    val budget: Budget?,
    val prices: Prices,
) {
    fun withDetector(detector: Detector): Parts =
        Parts(model, threshold, detector, policy, cloud, vault, monitor, budget, prices)
}

/**
 * One question from its beginning to its end: mask, draft on the device, decide, call up, restore, fall back.
 *
 * Each step gives a value (what may leave, the draft or why there is none), and the decision is a function of these values.
 */
internal class Question(
    private val parts: Parts,
    private val messages: List<Message>,
    private val options: AskOptions,
    approve: Approve?,
) {
    private val clock = Stopwatch()
    private val departures = Departures(parts, approve)
    private val spending = Spending(parts.budget, messages, options)
    private var device = DeviceState()

    /** Emit the events of all steps, in their order. */
    suspend fun run(out: FlowCollector<Event>) {
        device = lookAround()
        spending.look()
        val stays = parts.cloud == null || options.strategy == Strategy.LOCAL
        var departure = if (stays) Departure() else departures.masked(messages)
        var draft: Drafted = Drafted.None
        if (needsDraft(circumstances(departure, draft))) draft = out.draft()
        if (decide(circumstances(departure, draft)).place == Place.CLOUD) departure = departures.approved(departure)
        val leaves = decide(circumstances(departure, draft)).place == Place.CLOUD
        if (leaves) spending.reserve()
        val given = circumstances(departure, draft)
        val decision = decide(given)
        out.emit(Decided(decision, given))
        val redacted = departure.redacted
        val local = LocalTurn(clock, ::newDraft)
        if (decision.place == Place.DEVICE || parts.cloud == null || redacted == null) {
            return local.answer(out, decision, draft)
        }
        val calledMs = clock.elapsedMs()
        try {
            CloudTurn(
                parts.cloud,
                StreamRestorer(parts.vault),
                options,
                clock,
                spending,
            ).answer(out, decision, redacted)
        } catch (error: EscalationError) {
            val lostMs = clock.elapsedMs() - calledMs
            spending.failed(error.reason)
            val after = circumstances(departure, draft, cloudFailed = true)
            out.emit(Decided(decide(after), after))
            local.answer(out, decide(after), draft, error, lostMs)
        }
    }

    /** All that the decision may look at, as it is now. */
    private fun circumstances(departure: Departure, draft: Drafted, cloudFailed: Boolean = false) = Circumstances(
        strategy = options.strategy,
        hasCloud = parts.cloud != null,
        isBlocked = departure.isBlocked,
        detectorFailed = departure.detectorFailed,
        isDeclined = departure.isDeclined,
        score = (draft as? Drafted.Made)?.draft?.score,
        threshold = options.threshold ?: parts.threshold?.value,
        localFailed = draft is Drafted.Failed,
        cloudFailed = cloudFailed,
        qualityLevel = options.qualityLevel,
        device = device,
        budget = spending.state,
        prices = parts.prices,
    )

    private fun lookAround(): DeviceState {
        val state = parts.monitor?.read() ?: DeviceState()
        val isHere = parts.cloud != null && isLoopback(parts.cloud.address.substringBeforeLast(':'))
        return if (isHere) state.copy(network = Network.UNMETERED) else state // whatever the network is
    }

    /** The device's answer until its score is known. */
    private suspend fun FlowCollector<Event>.draft(): Drafted {
        val draft = newDraft()
        if (draft !is Drafted.Made) return draft
        try {
            speak(draft.draft, untilLost = true)
        } catch (error: EngineError) {
            return Drafted.Failed(error)
        }
        draft.draft.settle()
        return draft
    }

    /** The device's answer, not begun yet, or why there can be none. */
    private fun newDraft(): Drafted {
        val signal = parts.threshold?.signal ?: Signal.MEAN_LOG_PROB
        val features = if (signal.stage == null) null else AnswerFeatures()
        val local =
            try {
                parts.model.answer(
                    messages,
                    sampling = options.sampling,
                    maxOutputTokens = minOf(options.maxOutputTokens, device.answerLimitTokens ?: Int.MAX_VALUE),
                    observe = features?.let { it::add },
                )
            } catch (error: InputError) {
                return Drafted.Failed(error)
            }
        val threshold = circumstances(Departure(), Drafted.None).adjustedThreshold
        return Drafted.Made(Draft(local, parts.model, signal, features, threshold), clock.elapsedMs())
    }
}

/** The device's answer: not asked for, made, or why there is none. */
internal sealed interface Drafted {
    data object None : Drafted

    /** @property beforeMs from the question to the beginning of the draft. */
    class Made(val draft: Draft, val beforeMs: Double) : Drafted

    class Failed(val error: UpcallError) : Drafted
}

/** What the device says from where it stopped, to its end or until the draft is lost. */
internal suspend fun FlowCollector<Event>.speak(draft: Draft, untilLost: Boolean) {
    while (true) {
        currentCoroutineContext().ensureActive()
        val text = draft.next() ?: return
        if (text.isNotEmpty()) emit(Token(text, Place.DEVICE))
        if (untilLost && draft.isLost) return
    }
}
