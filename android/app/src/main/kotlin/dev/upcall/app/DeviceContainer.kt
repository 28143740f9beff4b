package dev.upcall.app

import android.content.Context
import dev.upcall.app.answering.Clouds
import dev.upcall.app.answering.Detectors
import dev.upcall.app.answering.ModelAnswerService
import dev.upcall.app.chat.Asker
import dev.upcall.app.data.RoomConversationStore
import dev.upcall.app.device.AndroidDeviceMonitor
import dev.upcall.app.models.AndroidCapacity
import dev.upcall.app.models.FolderModelLibrary
import dev.upcall.app.models.NativeEngines
import dev.upcall.app.settings.CallBudget
import dev.upcall.app.settings.DataStoreSettings
import dev.upcall.app.settings.KeystoreApiKeyStore
import dev.upcall.cloud.GrpcCloud
import dev.upcall.engine.onnx.openNames
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob

/**
 * The application on a device. Nothing is read or opened before it is needed.
 *
 * @param context of the application.
 */
class DeviceContainer(context: Context) : AppContainer {
    private val files = context.filesDir.toPath()

    override val scope = CoroutineScope(SupervisorJob() + Dispatchers.Main.immediate)
    override val conversations by lazy { RoomConversationStore(context) }
    override val settings by lazy { DataStoreSettings(context) }
    override val apiKey by lazy { KeystoreApiKeyStore(context) }
    override val callBudget by lazy { CallBudget(files.resolve("budget.json")) }
    override val monitor = AndroidDeviceMonitor(context)
    override val models by lazy {
        FolderModelLibrary(files.resolve("models"), NativeEngines, AndroidCapacity(context), scope)
    }
    override val answers by lazy {
        ModelAnswerService(
            models = models,
            engines = NativeEngines,
            settings = settings,
            detectors = Detectors(models, open = { openNames(it) }),
            clouds = Clouds(apiKey, callBudget, open = { GrpcCloud(it) }),
            monitor = monitor,
        )
    }
    override val asker by lazy { Asker(conversations, settings, answers, scope) }
}
