package dev.upcall.app.testing

import android.content.Context
import dev.upcall.app.AppContainer
import dev.upcall.app.UpcallApplication
import dev.upcall.app.answering.AnswerService
import dev.upcall.app.chat.Asker
import dev.upcall.app.data.RoomConversationStore
import dev.upcall.app.models.FolderModelLibrary
import dev.upcall.app.settings.CallBudget
import dev.upcall.core.decision.DeviceMonitor
import dev.upcall.core.decision.DeviceState
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel

/** The application over its real database and folder of models, with answers as they are fed. */
class TestApplication : UpcallApplication() {
    val parts by lazy { TestContainer(this) }

    override fun makeContainer(): AppContainer = parts

    override fun onTerminate() {
        super.onTerminate()
        parts.scope.cancel()
    }
}

/** What [TestApplication] is made of. */
class TestContainer(context: Context) : AppContainer {
    private val root = context.filesDir.toPath().resolve("models")

    /** What the device is told to be like. */
    @Volatile
    var device = DeviceState()

    /** Answers unless [answers] is set before it is first used. */
    val scripted = ScriptedAnswerService()

    override val scope = CoroutineScope(SupervisorJob() + Dispatchers.Main.immediate)
    override val conversations = RoomConversationStore(context)
    override val settings = MemorySettingsStore()
    override val apiKey = MemoryApiKeyStore()
    override val callBudget = CallBudget(context.filesDir.toPath().resolve("budget.json"))
    override val models = FolderModelLibrary(root, ScriptedEngines(), ScriptedCapacity(), scope)
    override var answers: AnswerService = scripted
    override val monitor = DeviceMonitor { device }
    override val asker by lazy { Asker(conversations, settings, answers, scope) }

    /** Put a model where the library looks for it. */
    fun install(name: String = "tiny") {
        writeScriptedBundle(root.resolve(name))
    }
}
