package dev.upcall.app.data

import dev.upcall.app.testing.Conversations
import dev.upcall.core.InputError
import dev.upcall.core.Message
import dev.upcall.core.Role
import dev.upcall.core.decision.Place
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

private val HERE = AnswerTrace(place = Place.DEVICE)

@RunWith(RobolectricTestRunner::class)
class RoomConversationStoreTest {
    @get:Rule
    val conversations = Conversations()

    private val store get() = conversations.store

    private suspend fun answered(question: String, answer: String, conversationId: Long? = null): Asked {
        val asked = store.ask(conversationId, question)
        store.finish(asked.answerId, MessageState.DONE, answer, HERE)
        return asked
    }

    private suspend fun messages(asked: Asked, most: Int = FIRST_MESSAGES) =
        store.messages(asked.conversationId, most).first()

    private suspend fun titles() = store.conversations.first().map { it.title }

    @Test
    fun `a conversation begins with its first question and is named by it`() = runBlocking {
        assertEquals(emptyList<String>(), titles())
        val asked = store.ask(null, "  What is\nthe capital of France? ")
        assertEquals(listOf("What is the capital of France?"), titles())
        val (question, answer) = messages(asked)
        assertEquals(Role.USER to "  What is\nthe capital of France? ", question.role to question.text)
        assertEquals(MessageState.DONE, question.state)
        assertEquals(Role.ASSISTANT to MessageState.STREAMING, answer.role to answer.state)
        assertEquals(asked.answerId, answer.id)
    }

    @Test
    fun `the conversation used last comes first`() = runBlocking {
        val old = answered("one", "1")
        answered("two", "2")
        assertEquals(listOf("two", "one"), titles())
        answered("three", "3", old.conversationId)
        assertEquals(listOf("one", "two"), titles())
    }

    @Test
    fun `an answer that is made is not in the messages before it ends`() = runBlocking {
        val asked = store.ask(null, "one")
        val before = messages(asked)
        store.keep(asked.answerId, "half")
        assertEquals(before, messages(asked))
        assertNull(store.trace(asked.answerId))
        store.finish(asked.answerId, MessageState.DONE, "whole", HERE)
        val answer = messages(asked).last()
        assertEquals(Triple("whole", MessageState.DONE, Place.DEVICE), Triple(answer.text, answer.state, answer.place))
        assertEquals(HERE, store.trace(asked.answerId))
        store.keep(asked.answerId, "late")
        conversations.killProcess()
        assertEquals("whole", messages(asked).last().text)
    }

    @Test
    fun `the newest messages come first when there are more than asked for`() = runBlocking {
        val asked = answered("q0", "a0")
        repeat(499) { answered("q${it + 1}", "a${it + 1}", asked.conversationId) }
        assertEquals(1000, store.messageCount(asked.conversationId).first())
        assertEquals(listOf("a498", "q499", "a499"), messages(asked, most = 3).map { it.text })
        assertEquals((0 until 500).flatMap { listOf("q$it", "a$it") }, messages(asked, most = 2000).map { it.text })
    }

    @Test
    fun `any text comes back as it was`() = runBlocking {
        val odd = "tab\t nul\u0000 emoji 👩‍👩‍👧 e\u0301 \u202Eright to left\u202C \uFFFF" + "語".repeat(60_000)
        assertEquals(listOf(odd, odd), messages(answered(odd, odd)).map { it.text })
    }

    @Test
    fun `what cannot be asked is not written down`() = runBlocking {
        for (question in listOf("", " \n", "x".repeat(70_000), "lone \uD800")) {
            assertThrows(InputError::class.java) { runBlocking { store.ask(null, question) } }
        }
        assertEquals(emptyList<String>(), titles())
    }

    @Test
    fun `an answer is made again in its place`() = runBlocking {
        val asked = answered("one", "old")
        assertEquals(asked, store.regenerate(asked.conversationId))
        assertEquals("" to MessageState.STREAMING, messages(asked).last().let { it.text to it.state })
        assertNull(store.regenerate(asked.conversationId))
        store.finish(asked.answerId, MessageState.STOPPED, "new", null)
        val answer = messages(asked).last()
        assertEquals(Triple("new", MessageState.STOPPED, null), Triple(answer.text, answer.state, answer.place))
        assertNull(store.trace(asked.answerId))
        assertNull(store.regenerate(conversationId = 99))
    }

    @Test
    fun `an answer that cannot be made again stays, with what went wrong`() = runBlocking {
        val asked = answered("one", "old")
        store.regenerate(asked.conversationId)
        val trace = AnswerTrace(error = TracedError("engine", "It broke.", nextStep = "try again"))
        store.finish(asked.answerId, MessageState.FAILED, "", trace)
        val answer = messages(asked).last()
        assertEquals("old" to MessageState.FAILED, answer.text to answer.state)
        assertEquals("It broke.\ntry again", answer.error)
    }

    @Test
    fun `the history has the answered turns and the question`() = runBlocking {
        val asked = answered("one", "1")
        store.finish(store.ask(asked.conversationId, "lost").answerId, MessageState.FAILED, "", null)
        val last = store.ask(asked.conversationId, "two")
        val wanted =
            listOf(
                Role.USER to "one",
                Role.ASSISTANT to "1",
                Role.USER to "two",
            ).map { Message(it.first, it.second) }
        assertEquals(wanted, store.history(last))
        answered("three", "3", asked.conversationId)
        assertEquals(wanted, store.history(last))
    }

    @Test
    fun `what was edited before it left is taken along as it was edited, and shown as it was typed`() = runBlocking {
        val first = answered("I am Bob", "Hello Bob")
        val asked = store.ask(first.conversationId, "Who am I, Bob?")
        store.remember(asked, mapOf(0 to "I am …", 2 to "Who am I?"))
        assertEquals(listOf("I am …", "Hello Bob", "Who am I?"), store.history(asked).map { it.content })
        assertEquals(listOf("I am Bob", "Hello Bob", "Who am I, Bob?"), messages(asked).map { it.text }.take(3))
    }

    @Test
    fun `a conversation can be named`() = runBlocking {
        val asked = answered("one", "1")
        store.rename(asked.conversationId, " Sums\n ")
        store.rename(asked.conversationId, "  ")
        assertEquals(listOf("Sums"), titles())
    }

    @Test
    fun `a deleted conversation can be put back until it is erased`() = runBlocking {
        val asked = answered("one", "1")
        store.delete(asked.conversationId)
        assertEquals(emptyList<String>(), titles())
        assertThrows(InputError::class.java) { runBlocking { store.ask(asked.conversationId, "more") } }
        store.restore(asked.conversationId)
        assertEquals(listOf("one"), titles())
        assertEquals(2, messages(asked).size)
        store.delete(asked.conversationId)
        store.purge()
        store.restore(asked.conversationId)
        assertEquals(emptyList<String>(), titles())
        assertEquals(0, store.messageCount(asked.conversationId).first())
        assertNull(store.trace(asked.answerId))
    }

    @Test
    fun `an answer to a conversation that is gone goes nowhere`() = runBlocking {
        val asked = store.ask(null, "one")
        store.delete(asked.conversationId)
        store.purge()
        store.keep(asked.answerId, "half")
        store.finish(asked.answerId, MessageState.DONE, "whole", HERE)
        assertNull(store.trace(asked.answerId))
    }

    @Test
    fun `a conversation is shared as text`() = runBlocking {
        val asked = answered("one", "1")
        answered("two", "2", asked.conversationId)
        val text = store.export(asked.conversationId) { if (it == Role.USER) "You" else "Upcall" }
        assertEquals("one\n\nYou:\none\n\nUpcall:\n1\n\nYou:\ntwo\n\nUpcall:\n2", text)
    }

    @Test
    fun `a conversation tells nothing of its words in logs`() = runBlocking {
        val asked = answered("secret words", "more secret words")
        val told = "${store.conversations.first()} ${messages(asked)}"
        assertFalse("secret" in told)
        assertTrue(asked.conversationId > 0)
    }
}
