package dev.upcall.app.e2e

import android.app.ActivityManager
import android.net.ConnectivityManager
import android.net.NetworkCapabilities
import android.os.Looper
import androidx.test.core.app.ApplicationProvider
import dev.upcall.app.AppContainer
import dev.upcall.app.DeviceContainer
import dev.upcall.app.data.AnswerTrace
import dev.upcall.app.data.ChatMessage
import dev.upcall.app.settings.Settings
import dev.upcall.app.testing.ScriptedEngines
import dev.upcall.app.testing.writeScriptedBundle
import dev.upcall.cloud.GrpcCloud
import dev.upcall.core.decision.Network
import dev.upcall.core.testing.Script
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.rules.ExternalResource
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.ShadowNetworkCapabilities
import java.nio.file.Path
import java.time.Duration

/** A phone on which nothing has to be scrolled. */
const val TALL = "w411dp-h2000dp"

private const val FREE_BYTES = 2L shl 30
private const val TOTAL_BYTES = 8L shl 30
private const val PATIENCE_NS = 60_000_000_000 // the machine may be busy

/**
 * A phone in a free network, with room to spare, on which the app was just installed. Its rule comes before that of the
 * activity.
 *
 * No test may pass in which a model was worked on by the thread that draws.
 *
 * @param prepare what the user has done before the app is started.
 */
class Phone(private val prepare: Phone.() -> Unit = {}) : ExternalResource() {
    val app: WholeApplication get() = ApplicationProvider.getApplicationContext()
    val parts: DeviceContainer get() = app.parts
    val engines: WatchedEngines get() = app.engines

    /** Where the models are. */
    val models: Path get() = app.filesDir.toPath().resolve("models")

    /** Puts a bundle there whose engine says what it is told. */
    fun install(name: String = "tiny", threshold: Double? = null, script: Script) {
        engines.used = ScriptedEngines { script }
        writeScriptedBundle(models.resolve(name), threshold = threshold)
    }

    /** Puts a real bundle there. */
    fun install(bundle: Path, name: String) {
        check(bundle.toFile().copyRecursively(models.resolve(name).toFile()))
    }

    /** As the settings screen does. */
    fun change(change: (Settings) -> Settings): Unit = runBlocking { parts.settings.update(change) }

    /** Calls this service from the next question on, without encryption. */
    fun call(target: String): Unit = change { it.copy(cloudTarget = target, useTls = false) }

    fun goOnline() {
        val connectivity = app.getSystemService(ConnectivityManager::class.java)
        val capabilities = ShadowNetworkCapabilities.newInstance()
        shadowOf(capabilities).addCapability(NetworkCapabilities.NET_CAPABILITY_NOT_METERED)
        shadowOf(connectivity).setNetworkCapabilities(connectivity.activeNetwork, capabilities)
    }

    /** As airplane mode does. */
    fun goOffline() {
        val connectivity = app.getSystemService(ConnectivityManager::class.java)
        shadowOf(connectivity).setDefaultNetworkActive(false)
        shadowOf(connectivity).setActiveNetworkInfo(null)
        assertEquals(Network.OFFLINE, parts.monitor.read().network)
    }

    /** Lets the time of the system pass, which stands still otherwise: whatever waits for it goes on. */
    fun passTime(ms: Long): Unit = shadowOf(Looper.getMainLooper()).idleFor(Duration.ofMillis(ms))

    /** Waits with the screen out of sight, where nothing can be seen of it. */
    fun awaitUnseen(isSo: () -> Boolean) {
        val end = System.nanoTime() + PATIENCE_NS
        while (!isSo()) {
            check(System.nanoTime() < end) { "it did not happen in time" }
            shadowOf(Looper.getMainLooper()).idle()
            Thread.sleep(20)
        }
    }

    /** The messages of the conversation that was used last. */
    fun messages(): List<ChatMessage> = messagesOf(parts)

    /** What was written down of the last answer. */
    fun trace(): AnswerTrace = runBlocking { checkNotNull(parts.conversations.trace(messages().last().id)) }

    override fun before() {
        goOnline()
        val memory = ActivityManager.MemoryInfo()
        memory.availMem = FREE_BYTES
        memory.totalMem = TOTAL_BYTES
        shadowOf(app.getSystemService(ActivityManager::class.java)).setMemoryInfo(memory)
        prepare()
    }

    override fun after() {
        parts.scope.cancel()
        app.connections.forEach(GrpcCloud::close)
        assertEquals("A model was worked on by the main thread.", emptyList<String>(), engines.onMainThread)
    }
}

/** The messages of the conversation that was used last. */
fun messagesOf(container: AppContainer): List<ChatMessage> = runBlocking {
    container.conversations.messages(container.conversations.conversations.first().first().id).first()
}
