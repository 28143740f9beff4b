package dev.upcall.app.chat

import android.os.Looper
import androidx.lifecycle.SavedStateHandle
import dev.upcall.app.AppContainer
import dev.upcall.app.data.Asked
import dev.upcall.app.data.ConversationStore
import dev.upcall.app.testing.TestApplication
import dev.upcall.app.testing.parts
import dev.upcall.core.OutputError
import dev.upcall.core.decision.DeviceState
import dev.upcall.core.decision.Network
import dev.upcall.core.decision.Thermal
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import org.junit.Assert.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

@RunWith(RobolectricTestRunner::class)
@Config(application = TestApplication::class)
class ChatViewModelTest {
    @Test
    fun `a question that cannot be written down is not lost, and why is said`() {
        val full = OutputError("The storage is full.", nextStep = "free some space")
        val store =
            object : ConversationStore by parts.conversations {
                override suspend fun ask(conversationId: Long?, question: String): Asked = throw full
            }
        val container =
            object : AppContainer by parts {
                override val conversations = store
                override val asker = Asker(store, parts.settings, parts.answers, parts.scope)
            }
        val viewModel = ChatViewModel(container, SavedStateHandle())
        val told = mutableListOf<String>()
        val reader: Job = CoroutineScope(Dispatchers.Main).launch { viewModel.errors.collect { told += told(it) } }
        viewModel.draft.edit { append("What now?") }
        viewModel.send()
        shadowOf(Looper.getMainLooper()).idle()
        reader.cancel()
        assertEquals("What now?", viewModel.draft.text.toString())
        assertEquals(listOf("The storage is full.\nfree some space"), told)
    }

    @Test
    fun `a conversation that was begun elsewhere is shown once`() {
        val saved = SavedStateHandle()
        val viewModel = ChatViewModel(parts, saved)
        viewModel.showOnce(5)
        assertEquals(5L, saved["conversation"])
        viewModel.show(6)
        viewModel.showOnce(5) // as after a turn of the screen
        assertEquals(6L, saved["conversation"])
    }

    @Test
    fun `what is told of the device is what the decision weighs`() {
        assertEquals(emptyList<Notice>(), notices(DeviceState()))
        val offline = DeviceState(network = Network.OFFLINE)
        assertEquals(listOf(Notice.OFFLINE), notices(offline, "cloud.example.com:443"))
        assertEquals("called all the same", emptyList<Notice>(), notices(offline, "127.0.0.1:50051"))
        assertEquals(emptyList<Notice>(), notices(DeviceState(batteryPercent = 9.0, isCharging = true)))
        val all =
            DeviceState(
                batteryPercent = 20.0,
                isCharging = false,
                thermal = Thermal.SEVERE,
                network = Network.OFFLINE,
                freeMemoryBytes = 1,
            )
        assertEquals(Notice.entries.toSet(), notices(all).toSet())
    }
}
