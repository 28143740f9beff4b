package dev.upcall.app.answering

import dev.upcall.app.models.EngineOpener
import dev.upcall.app.models.ModelLibrary
import dev.upcall.app.settings.Settings
import dev.upcall.app.settings.SettingsStore
import dev.upcall.core.Approve
import dev.upcall.core.AskOptions
import dev.upcall.core.Event
import dev.upcall.core.Failed
import dev.upcall.core.Message
import dev.upcall.core.RedactionError
import dev.upcall.core.Session
import dev.upcall.core.UpcallError
import dev.upcall.core.decision.DeviceMonitor
import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Vault
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext

/**
 * The [AnswerService] of the app.
 *
 * @param detectors gives what finds private words.
 * @param clouds gives whom to call.
 * @param monitor tells of the device.
 */
class ModelAnswerService(
    models: ModelLibrary,
    engines: EngineOpener,
    private val settings: SettingsStore,
    private val detectors: Detectors,
    private val clouds: Clouds,
    private val monitor: DeviceMonitor,
    private val dispatcher: CoroutineDispatcher = Dispatchers.IO,
) : AnswerService {
    private val turn = Mutex() // whoever has it is the only one to use the model, and may close it
    private val opened = OpenedModel(models, engines)
    private val vaults = Vaults()

    override val state: StateFlow<ModelState> get() = opened.state

    override fun ask(
        messages: List<Message>,
        approve: Approve?,
        conversation: Long?,
        model: String?,
        change: (AskOptions) -> AskOptions,
    ): Flow<Event> = flow {
        turn.withLock {
            val events =
                try {
                    val now = settings.settings.first()
                    val options = change(optionsOf(now))
                    session(now, model, vaults.of(conversation)).ask(messages, options, approve)
                } catch (error: UpcallError) {
                    flowOf(Failed(error))
                }
            try {
                emitAll(events)
            } finally {
                vaults.done()
            }
        }
    }

    override fun valueOf(placeholder: String): String? = vaults.current?.entry(placeholder)?.value

    override fun restored(text: String): String = vaults.current?.restore(text) ?: text

    override fun placeholderOf(value: String): String {
        val vault = vaults.current ?: throw RedactionError("No question waits for approval.", nextStep = "ask again")
        return vault.placeholder(EntityType.CUSTOM, value)
    }

    override suspend fun release(): Boolean {
        if (!turn.tryLock()) return false
        try {
            withContext(dispatcher) { opened.close() }
        } finally {
            turn.unlock()
        }
        return true
    }

    override suspend fun <T> withoutModel(work: suspend () -> T): T = turn.withLock {
        withContext(dispatcher) { opened.close() }
        work()
    }

    /** One for each question, of parts that are kept: it is never closed, since that would close them. */
    private suspend fun session(now: Settings, model: String?, vault: Vault): Session = withContext(dispatcher) {
        val chosen = opened.of(model, now.activeBundle)
        Session(
            model = chosen.model,
            threshold = chosen.bundle.threshold,
            detector = detectors.of(now.ownTerms),
            policy = now.policy,
            cloud = clouds.of(now),
            vault = vault,
            monitor = monitor,
            budget = clouds.budget,
            dispatcher = dispatcher,
        )
    }
}

private fun optionsOf(settings: Settings) = AskOptions(
    strategy = settings.strategy,
    maxOutputTokens = settings.mostOutputTokens,
    threshold = settings.threshold,
    qualityLevel = settings.qualityLevel,
)
