package dev.upcall.app.answering

import dev.upcall.app.settings.Settings
import dev.upcall.app.testing.ScriptedEngines
import dev.upcall.app.testing.writeScriptedBundle
import dev.upcall.core.Answer
import dev.upcall.core.MODEL_ONNX
import dev.upcall.core.Message
import dev.upcall.core.Role
import dev.upcall.core.asConversation
import dev.upcall.core.testing.Scripted
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import java.nio.file.Files
import kotlin.time.Duration.Companion.seconds

@RunWith(RobolectricTestRunner::class)
class ModelAnswerServiceTest : Asking() {
    @Test
    fun `the model is opened at the first question and kept`() {
        writeScriptedBundle(at.root.resolve("tiny"))
        assertEquals(ModelState.Idle, at.service.state.value)
        repeat(2) { assertEquals("Hello from tiny.", answer().done?.answer) }
        assertEquals(listOf("tiny"), at.engines.opened)
        assertEquals(ModelState.Ready("tiny"), at.service.state.value)
    }

    @Test
    fun `without a model it says where to get one`() {
        val error = checkNotNull(answer().error)
        assertEquals("model", error.name)
        assertEquals("get one under Models", error.nextStep)
        assertTrue(at.service.state.value is ModelState.Failed)
    }

    @Test
    fun `a damaged model is an error and never a crash`() {
        writeScriptedBundle(at.root.resolve("tiny"))
        Files.write(at.root.resolve("tiny/$MODEL_ONNX"), ByteArray(1000))
        assertEquals("bundle", answer().error?.name)
        assertEquals("bundle", (at.service.state.value as ModelState.Failed).error.name)
        writeScriptedBundle(at.root.resolve("tiny"))
        assertEquals("Hello from tiny.", answer().done?.answer)
    }

    @Test
    fun `another model is opened in place of the first`() {
        for (name in listOf("one", "two")) writeScriptedBundle(at.root.resolve(name))
        assertEquals("Hello from one.", answer().done?.answer)
        at.settings.settings.value = Settings(activeBundle = "two")
        assertEquals("Hello from two.", answer().done?.answer)
        assertEquals("Hello from one.", answer(model = "one").done?.answer)
        assertEquals(listOf("one", "two"), at.engines.closed)
        assertEquals("model", answer(model = "three").error?.name)
        at.settings.settings.value = Settings(activeBundle = "deleted")
        assertEquals("the first usable one answers", "Hello from one.", answer().done?.answer)
    }

    @Test
    fun `a model that was pushed anew is opened anew`() {
        writeScriptedBundle(at.root.resolve("tiny"))
        answer()
        Thread.sleep(20) // the clock of files may be coarse
        writeScriptedBundle(at.root.resolve("tiny"), modelBytes = 2000)
        answer()
        assertEquals(listOf("tiny", "tiny"), at.engines.opened)
    }

    @Test
    fun `a model that is answering is not released, and one that is not is`(): Unit = runBlocking {
        writeScriptedBundle(at.root.resolve("tiny"))
        val reached = CompletableDeferred<Unit>()
        val goOn = CompletableDeferred<Unit>()
        val asked =
            async {
                at.service.ask(asConversation("Hello")).collect {
                    reached.complete(Unit)
                    goOn.await()
                }
            }
        reached.await()
        assertFalse(at.service.release())
        goOn.complete(Unit)
        asked.await()
        assertTrue(at.service.release())
        assertEquals(listOf("tiny"), at.engines.closed)
        assertEquals(ModelState.Idle, at.service.state.value)
        assertEquals("Hello from tiny.", answer().done?.answer)
    }

    @Test
    fun `a question waits while the memory is needed`(): Unit = runBlocking {
        writeScriptedBundle(at.root.resolve("tiny"))
        answer()
        val goOn = CompletableDeferred<Unit>()
        val work = launch { at.service.withoutModel { goOn.await() } }
        withTimeout(10.seconds) { at.service.state.first { it == ModelState.Idle } }
        val asked = async { at.service.ask(asConversation("Hello")).collect {} }
        delay(100)
        assertTrue(asked.isActive)
        assertEquals(listOf("tiny"), at.engines.opened)
        goOn.complete(Unit)
        work.join()
        asked.await()
        assertEquals(listOf("tiny", "tiny"), at.engines.opened)
    }

    @Test
    fun `a conversation that nobody can answer is an error`(): Unit = runBlocking {
        writeScriptedBundle(at.root.resolve("tiny"))
        val answer = Answer()
        at.service.ask(listOf(Message(Role.ASSISTANT, "I am last"))).collect { answer.add(it) }
        assertEquals("input", answer.error?.name)
    }

    @Test
    fun `a stopped answer leaves the model usable`(): Unit = runBlocking {
        at.engines = ScriptedEngines { { Scripted(token = 'a'.code - '!'.code, probability = 0.9) } }
        writeScriptedBundle(at.root.resolve("tiny"))
        val reached = CompletableDeferred<Unit>()
        val asked = launch { at.service.ask(asConversation("Hello")).collect { reached.complete(Unit) } }
        reached.await()
        asked.cancel()
        asked.join()
        at.settings.settings.value = Settings(mostOutputTokens = 3)
        assertEquals(3, answer().usage?.outputTokens)
    }
}
