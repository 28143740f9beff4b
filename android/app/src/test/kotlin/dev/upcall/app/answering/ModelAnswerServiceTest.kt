package dev.upcall.app.answering

import dev.upcall.app.settings.Settings
import dev.upcall.app.testing.Answering
import dev.upcall.app.testing.ScriptedEngines
import dev.upcall.app.testing.writeScriptedBundle
import dev.upcall.core.Answer
import dev.upcall.core.Approve
import dev.upcall.core.MODEL_ONNX
import dev.upcall.core.Message
import dev.upcall.core.Role
import dev.upcall.core.asConversation
import dev.upcall.core.decision.Place
import dev.upcall.core.decision.Reason
import dev.upcall.core.decision.Strategy
import dev.upcall.core.testing.Scripted
import dev.upcall.core.testing.ScriptedCloud
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import java.nio.file.Files
import kotlin.time.Duration.Companion.seconds

private val CLOUD = Settings(cloudTarget = "127.0.0.1:50051", useTls = false, strategy = Strategy.CLOUD)

@RunWith(RobolectricTestRunner::class)
class ModelAnswerServiceTest {
    @get:Rule
    val temporary = TemporaryFolder()

    private val at by lazy { Answering(temporary.root.toPath()) }

    @After
    fun end(): Unit = at.close()

    private fun answer(
        question: String = "Where does the sun rise?",
        model: String? = null,
        conversation: Long? = null,
    ) = runBlocking {
        withTimeout(30.seconds) {
            val answer = Answer()
            at.service
                .ask(asConversation(question), conversation = conversation, model = model)
                .collect { answer.add(it) }
            answer
        }
    }

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
    fun `settings hold from the next question on`() {
        writeScriptedBundle(at.root.resolve("tiny"))
        at.settings.settings.value = CLOUD
        val first = answer("Who is Heron?")
        assertEquals(Place.CLOUD, first.decision?.place)
        assertEquals("Who is Heron?", first.redacted?.messages?.last()?.content)
        at.settings.settings.value = CLOUD.copy(ownTerms = listOf("Heron"))
        val second = answer("Who is Heron?").redacted!!.messages.last().content
        assertTrue(second, Regex("Who is \\[\\[CUSTOM_1_..]]\\?").matches(second))
        assertEquals("one connection", 1, at.clouds.size)
        at.settings.settings.value = CLOUD.copy(cloudTarget = "127.0.0.1:50052")
        answer()
        assertEquals(listOf("127.0.0.1:50051", "127.0.0.1:50052"), at.clouds.map { it.address })
        at.settings.settings.value = Settings()
        assertEquals(Reason.NO_CLOUD, answer().decision?.reason)
        at.settings.settings.value = CLOUD.copy(mostOutputTokens = 5, strategy = Strategy.LOCAL)
        assertEquals(5, answer().usage?.outputTokens)
        assertEquals("the model stays", listOf("tiny"), at.engines.opened)
    }

    @Test
    fun `settings that were lost let nothing leave`() {
        writeScriptedBundle(at.root.resolve("tiny"))
        at.settings.settings.value = CLOUD.copy(wereLost = true)
        assertEquals(Reason.NO_CLOUD, answer().decision?.reason)
    }

    @Test
    fun `a service that cannot be called is told and the device answers`() {
        writeScriptedBundle(at.root.resolve("tiny"))
        at.settings.settings.value = CLOUD.copy(cloudTarget = "host:1") // in the clear, beyond this device
        val answer = answer()
        assertEquals("Hello from tiny.", answer.done?.answer)
        assertTrue(answer.cloudError!!.problem, "without TLS" in answer.cloudError!!.problem)
    }

    @Test
    fun `the budget of the settings ends the calls`() {
        writeScriptedBundle(at.root.resolve("tiny"))
        at.settings.settings.value = CLOUD.copy(mostCallsPerDay = 1)
        assertEquals(Place.CLOUD, answer().decision?.place)
        assertEquals(Reason.OVER_BUDGET, answer().decision?.reason)
    }

    @Test
    fun `a cloud that breaks off lets the device answer`() {
        writeScriptedBundle(at.root.resolve("tiny"))
        at.cloud = { ScriptedCloud(it, failAfter = 1) { listOf("The ", "cloud") } }
        at.settings.settings.value = CLOUD
        val answer = answer()
        assertEquals("Hello from tiny.", answer.text)
        assertEquals(Reason.CLOUD_FAILED, answer.decision?.reason)
        assertEquals("escalation", answer.cloudError?.name)
    }

    @Test
    fun `a value keeps its placeholder in its conversation, and shares none with another`() {
        writeScriptedBundle(at.root.resolve("tiny"))
        at.settings.settings.value = CLOUD.copy(ownTerms = listOf("Heron"))
        val sent =
            listOf(
                1L,
                1L,
                2L,
                null,
            ).map { answer("Heron", conversation = it).redacted!!.messages.last().content }
        assertEquals(sent[0], sent[1])
        assertNotEquals(sent[0], sent[2])
        assertNotEquals(sent[2], sent[3])
    }

    @Test
    fun `what is masked can be looked up and added to while it waits for approval`() {
        writeScriptedBundle(at.root.resolve("tiny"))
        at.cloud = { ScriptedCloud(it) { asked -> listOf(asked.redacted.messages.last().content) } }
        at.settings.settings.value = CLOUD.copy(ownTerms = listOf("Heron"))
        val answer = Answer()
        runBlocking {
            val approve: Approve = { redacted ->
                val placeholder = redacted.masked.single().placeholder
                assertEquals("Heron", at.service.valueOf(placeholder))
                val mine = at.service.placeholderOf("tomorrow")
                redacted.messages.map { it.copy(content = it.content.replace("tomorrow", mine)) }
            }
            at.service.ask(asConversation("Heron, tomorrow"), approve).collect { answer.add(it) }
        }
        assertEquals("Heron, tomorrow", answer.done?.answer)
        assertFalse("tomorrow" in answer.redacted!!.messages.last().content)
        assertNull(at.service.valueOf("[[CUSTOM_1_aa]]"))
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
