package dev.upcall.app.testing

import dev.upcall.app.answering.Clouds
import dev.upcall.app.answering.Detectors
import dev.upcall.app.answering.ModelAnswerService
import dev.upcall.app.models.FolderModelLibrary
import dev.upcall.app.settings.CallBudget
import dev.upcall.cloud.CloudEndpoint
import dev.upcall.core.Cloud
import dev.upcall.core.decision.DeviceState
import dev.upcall.core.redaction.NameFinder
import dev.upcall.core.testing.ScriptedCloud
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import java.nio.file.Path
import java.util.concurrent.CopyOnWriteArrayList

/**
 * The real service over a real folder, with scripted engines and clouds.
 *
 * @param folder of its own.
 */
class Answering(folder: Path) : AutoCloseable {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    val root: Path = folder.resolve("models")
    val settings = MemorySettingsStore()
    val apiKey = MemoryApiKeyStore()
    var device = DeviceState()

    /** Set before [service] is first used. */
    var engines = ScriptedEngines()

    /** Makes the service that is called, by its address. */
    var cloud: (String) -> Cloud = { address -> ScriptedCloud(address) { listOf("The cloud ", "says so.") } }

    /** Connects to it. */
    var connect: (CloudEndpoint) -> Cloud = { cloud(it.target) }

    /** Opens the model that finds names. */
    var names: (Path) -> NameFinder = { error("there is none") }

    /** The services that were connected to, in order. */
    val clouds = CopyOnWriteArrayList<Cloud>()
    val library by lazy { FolderModelLibrary(root, engines, ScriptedCapacity(), scope) }
    val service by lazy {
        ModelAnswerService(
            models = library,
            engines = engines,
            settings = settings,
            detectors = Detectors(library) { names(it) },
            clouds =
                Clouds(apiKey, CallBudget(folder.resolve("budget.json"))) { endpoint ->
                    connect(endpoint).also { clouds += it }
                },
            monitor = { device },
        )
    }

    override fun close(): Unit = scope.cancel()
}
