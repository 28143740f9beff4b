package dev.upcall.app

import dev.upcall.app.answering.AnswerService
import dev.upcall.app.benchmark.BenchmarkRunner
import dev.upcall.app.chat.Asker
import dev.upcall.app.data.ConversationStore
import dev.upcall.app.models.ModelLibrary
import dev.upcall.app.models.NativeEngines
import dev.upcall.app.settings.ApiKeyStore
import dev.upcall.app.settings.CallBudget
import dev.upcall.app.settings.SettingsStore
import dev.upcall.core.decision.DeviceMonitor
import kotlinx.coroutines.CoroutineScope

/** What the application is made of: one of each, for as long as the process lives. */
interface AppContainer {
    /** Of the application: what runs in it outlives every screen. */
    val scope: CoroutineScope
    val conversations: ConversationStore
    val settings: SettingsStore
    val apiKey: ApiKeyStore
    val callBudget: CallBudget
    val models: ModelLibrary
    val answers: AnswerService
    val monitor: DeviceMonitor

    /** Measures models. */
    val benchmark: BenchmarkRunner get() = BenchmarkRunner(models, NativeEngines, answers, monitor)

    /** Who asks [answers] in a conversation of [conversations]. */
    val asker: Asker
}
