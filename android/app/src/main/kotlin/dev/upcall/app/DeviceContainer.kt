package dev.upcall.app

import android.content.Context
import dev.upcall.app.answering.Clouds
import dev.upcall.app.answering.Detectors
import dev.upcall.app.answering.ModelAnswerService
import dev.upcall.app.chat.Asker
import dev.upcall.app.data.RoomConversationStore
import dev.upcall.app.device.AndroidDeviceMonitor
import dev.upcall.app.models.AndroidCapacity
import dev.upcall.app.models.EngineOpener
import dev.upcall.app.models.FolderModelLibrary
import dev.upcall.app.models.NativeEngines
import dev.upcall.app.settings.CallBudget
import dev.upcall.app.settings.DataStoreSettings
import dev.upcall.app.settings.KeystoreApiKeyStore
import dev.upcall.cloud.CloudEndpoint
import dev.upcall.cloud.GrpcCloud
import dev.upcall.core.Cloud
import dev.upcall.engine.onnx.openNames
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.plus

/**
 * The application on a device. Nothing is read or opened before it is needed.
 *
 * @param context of the application.
 * @param engines run the models.
 * @param connect makes the connection to a service, which connects at its first call.
 */
class DeviceContainer(
    context: Context,
    engines: EngineOpener = NativeEngines,
    connect: (CloudEndpoint) -> Cloud = { GrpcCloud(it) },
) : AppContainer {
    private val files = context.filesDir.toPath()

    override val scope = CoroutineScope(SupervisorJob() + Dispatchers.Main.immediate)
    override val conversations by lazy { RoomConversationStore(context) }
    override val settings by lazy { DataStoreSettings(context, scope + Dispatchers.IO) }
    override val apiKey by lazy { KeystoreApiKeyStore(context) }
    override val callBudget by lazy { CallBudget(files.resolve("budget.json")) }
    override val monitor = AndroidDeviceMonitor(context)
    override val models by lazy {
        FolderModelLibrary(files.resolve("models"), engines, AndroidCapacity(context), scope)
    }
    override val answers by lazy {
        ModelAnswerService(
            models = models,
            engines = engines,
            settings = settings,
            detectors = Detectors(models, open = { openNames(it) }),
            clouds = Clouds(apiKey, callBudget, open = connect),
            monitor = monitor,
        )
    }
    override val asker by lazy { Asker(conversations, settings, answers, scope) }
}
