package dev.upcall.app.data

import androidx.test.core.app.ApplicationProvider
import dev.upcall.app.testing.Conversations
import dev.upcall.core.Decided
import dev.upcall.core.OutputError
import dev.upcall.core.Token
import dev.upcall.core.decision.Circumstances
import dev.upcall.core.decision.Place
import dev.upcall.core.decision.Reason
import dev.upcall.core.decision.RouteDecision
import dev.upcall.core.decision.Strategy
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

@RunWith(RobolectricTestRunner::class)
class FullStorageTest {
    private val database = conversationDatabase(ApplicationProvider.getApplicationContext(), Conversations.FILE)
    private val store = RoomConversationStore(database, System::currentTimeMillis)

    @After
    fun close(): Unit = store.close()

    private fun limitPages(pages: Int?) {
        pragma("max_page_count = ${pages ?: Int.MAX_VALUE}")
    }

    private fun usedPages(): Int = pragma("page_count")

    /** Of the connection that writes, which is the one that a transaction takes. */
    private fun pragma(words: String): Int = database.openHelper.writableDatabase.run {
        beginTransaction()
        try {
            query("PRAGMA $words").use { rows ->
                rows.moveToFirst()
                rows.getInt(0)
            }
        } finally {
            endTransaction()
        }
    }

    @Test
    fun `a full storage is told, and nothing is half written`() = runBlocking {
        val asked = store.ask(null, "one")
        limitPages(usedPages())
        val error =
            assertThrows(OutputError::class.java) {
                runBlocking { store.ask(asked.conversationId, "long ".repeat(10_000)) }
            }
        assertTrue(error.problem, "full" in error.problem)
        assertTrue(error.nextStep, "free" in error.nextStep)
        assertEquals(2, store.messages(asked.conversationId).first().size)
        limitPages(null)
        store.ask(asked.conversationId, "long ".repeat(10_000))
        assertEquals(4, store.messages(asked.conversationId).first().size)
    }

    @Test
    fun `a full storage does not end an answer, and is told at its end`() = runBlocking {
        val asked = store.ask(null, "one")
        limitPages(usedPages())
        val decided =
            Decided(
                RouteDecision(Place.DEVICE, Reason.STRATEGY),
                Circumstances(Strategy.LOCAL, hasCloud = false),
            )
        var shown = ""
        val error =
            assertThrows(OutputError::class.java) {
                runBlocking {
                    val tokens = List(50) { Token("long ".repeat(1_000), Place.DEVICE) }
                    AnswerRecorder(store).record(asked, flowOf(decided, *tokens.toTypedArray())) { shown = it.text }
                }
            }
        assertEquals(250_000, shown.length)
        assertTrue(error.problem, "full" in error.problem)
    }
}
