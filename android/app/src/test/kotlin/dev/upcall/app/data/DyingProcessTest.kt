package dev.upcall.app.data

import android.content.Context
import android.database.sqlite.SQLiteDatabase
import androidx.test.core.app.ApplicationProvider
import dev.upcall.app.testing.Conversations
import dev.upcall.core.decision.Place
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

private val SENT = AnswerTrace(address = "very-secret.example")

@RunWith(RobolectricTestRunner::class)
class DyingProcessTest {
    @get:Rule
    val conversations = Conversations()

    private val store get() = conversations.store
    private val file get() = ApplicationProvider.getApplicationContext<Context>().getDatabasePath(Conversations.FILE)

    private suspend fun lastMessage(asked: Asked) = store.messages(asked.conversationId).first().last()

    @Test
    fun `an answer that was cut off keeps what was written`() = runBlocking {
        val asked = store.ask(null, "one")
        store.keep(asked.answerId, "hal")
        store.keep(asked.answerId, "half of it")
        conversations.killProcess()
        assertEquals("half of it" to MessageState.INTERRUPTED, lastMessage(asked).let { it.text to it.state })
        conversations.killProcess()
        assertEquals("half of it" to MessageState.INTERRUPTED, lastMessage(asked).let { it.text to it.state })
        assertEquals(asked, store.regenerate(asked.conversationId))
    }

    @Test
    fun `an answer that had not begun is an empty one`() = runBlocking {
        val asked = store.ask(null, "one")
        conversations.killProcess()
        assertEquals("" to MessageState.INTERRUPTED, lastMessage(asked).let { it.text to it.state })
        assertEquals(listOf("one"), store.history(store.ask(asked.conversationId, "one")).map { it.content })
    }

    @Test
    fun `an old answer stays until there is text of the new one`() = runBlocking {
        val trace = AnswerTrace(place = Place.CLOUD)
        val asked = store.ask(null, "one")
        store.finish(asked.answerId, MessageState.DONE, "old", trace)
        store.regenerate(asked.conversationId)
        conversations.killProcess()
        assertEquals("old" to Place.CLOUD, lastMessage(asked).let { it.text to it.place })
        assertEquals(trace, store.trace(asked.answerId))

        store.regenerate(asked.conversationId)
        store.keep(asked.answerId, "new")
        conversations.killProcess()
        assertEquals("new" to null, lastMessage(asked).let { it.text to it.place })
        assertNull(store.trace(asked.answerId))
    }

    @Test
    fun `an answer that was made by this process is not cut off`() = runBlocking {
        val asked = store.ask(null, "one")
        store.conversations.first()
        assertEquals(MessageState.STREAMING, lastMessage(asked).state)
    }

    @Test
    fun `what was deleted is gone for good, from the file too`() = runBlocking {
        val asked = store.ask(null, "a very secret question")
        store.finish(
            asked.answerId,
            MessageState.DONE,
            "a very secret answer",
            AnswerTrace(address = "very-secret.example"),
        )
        conversations.killProcess()
        assertTrue("very secret" in file.readText(Charsets.ISO_8859_1))
        store.delete(asked.conversationId)
        conversations.killProcess()
        assertEquals(emptyList<Conversation>(), store.conversations.first())
        conversations.killProcess()
        for (each in checkNotNull(file.parentFile?.listFiles())) {
            assertFalse(each.name, Regex("very.secret") in each.readText(Charsets.ISO_8859_1))
        }
    }

    @Test
    fun `a file that is no database is replaced and does not end the app`() = runBlocking {
        checkNotNull(file.parentFile).mkdirs()
        file.writeText("this is no database, and long enough to be read as one".repeat(100))
        assertEquals(emptyList<Conversation>(), store.conversations.first())
        assertEquals("one", store.conversation(store.ask(null, "one")))
    }

    @Test
    fun `the chat is read by an index, not by all messages of all conversations`() = runBlocking {
        store.ask(null, "one")
        conversations.killProcess()
        val plan =
            SQLiteDatabase.openDatabase(file.path, null, SQLiteDatabase.OPEN_READONLY).use { database ->
                val sql = "EXPLAIN QUERY PLAN SELECT id FROM messages WHERE conversationId = 1 ORDER BY id DESC LIMIT 9"
                database.rawQuery(sql, null).use { rows ->
                    generateSequence { if (rows.moveToNext()) rows.getString(3) else null }.toList()
                }
            }
        assertEquals(plan.toString(), 1, plan.size)
        assertTrue(plan.toString(), "USING" in plan.single() && "INDEX" in plan.single() && "SEARCH" in plan.single())
    }

    private suspend fun ConversationStore.conversation(asked: Asked) =
        conversations.first().single { it.id == asked.conversationId }.title
}
