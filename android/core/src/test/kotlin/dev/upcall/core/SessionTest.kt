package dev.upcall.core

import dev.upcall.core.decision.DeviceMonitor
import dev.upcall.core.decision.DeviceState
import dev.upcall.core.decision.Network
import dev.upcall.core.decision.Place
import dev.upcall.core.decision.Reason
import dev.upcall.core.decision.Signal
import dev.upcall.core.decision.Strategy
import dev.upcall.core.decision.Threshold
import dev.upcall.core.languagemodel.Engine
import dev.upcall.core.languagemodel.LanguageModel
import dev.upcall.core.languagemodel.Step
import dev.upcall.core.redaction.Detector
import dev.upcall.core.testing.ScriptedCloud
import dev.upcall.core.testing.ScriptedEngine
import dev.upcall.core.testing.chatmlModel
import dev.upcall.core.testing.says
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.takeWhile
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import java.util.concurrent.CountDownLatch
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertNotEquals
import kotlin.test.assertTrue

private const val TIMEOUT_MS = 20_000L

class SessionTest {
    private val echo = ScriptedCloud { listOf(it.redacted.messages.last().content) }
    private val upwards = AskOptions(strategy = Strategy.CLOUD)

    private fun session(
        engine: Engine = ScriptedEngine(script = says("local answer", 0.4)),
        model: LanguageModel = chatmlModel(engine),
        cloud: Cloud? = null,
        monitor: DeviceMonitor? = null,
    ) = Session(model, Threshold(Signal.MEAN_LOG_PROB, -0.5), Detector(), cloud = cloud, monitor = monitor)

    private fun answers(events: List<Event>): String = events.filterIsInstance<Done>().single().answer

    @Test
    fun `a value keeps its placeholder over turns`() = runBlocking {
        val session = session(cloud = echo)
        val first = session.ask("I am ann.lee@example.com", upwards).toList()
        val again = session.ask("Who is ann.lee@example.com?", upwards).toList()
        assertEquals("Who is ann.lee@example.com?", answers(again))
        assertEquals(
            first.filterIsInstance<Redacted>().single().masked,
            again.filterIsInstance<Redacted>().single().masked,
        )
    }

    @Test
    fun `questions of several coroutines get their own answers, one after the other`() = runBlocking(Dispatchers.IO) {
        val session = session(cloud = echo)
        val asked = List(8) { "Question $it?" }
        val found =
            withTimeout(TIMEOUT_MS) {
                asked.map { async { answers(session.ask(it, upwards).toList()) } }.awaitAll()
            }
        assertEquals(asked, found)
    }

    @Test
    fun `two sessions share a model`() = runBlocking(Dispatchers.IO) {
        val model = chatmlModel(ScriptedEngine(script = says("local answer", 0.9)))
        val sessions = List(2) { session(model = model) }
        val found =
            withTimeout(TIMEOUT_MS) {
                sessions.flatMap { one -> List(3) { async { answers(one.ask("Hi").toList()) } } }.awaitAll()
            }
        assertEquals(List(6) { "local answer" }, found)
    }

    @Test
    fun `a question within a question is answered`() = runBlocking {
        val session = session()
        var inner = ""
        withTimeout(TIMEOUT_MS) {
            session.ask("Hi").collect { if (it is Decided) inner = answers(session.ask("And?").toList()) }
        }
        assertEquals("local answer", inner)
    }

    @Test
    fun `the engine works on another thread than who asks`() = runBlocking {
        val threads = mutableSetOf<Thread>()
        val engine =
            ScriptedEngine {
                threads += Thread.currentThread()
                says("local answer")(it)
            }
        session(engine).ask("Hi").toList()
        assertTrue(threads.isNotEmpty())
        assertFalse(Thread.currentThread() in threads)
    }

    @Test
    fun `who leaves stops the engine within a token`() = runBlocking {
        val engine = ScriptedEngine(script = says("x".repeat(2000), 0.9))
        val session = session(engine)
        session.ask("Hi", AskOptions(Strategy.LOCAL, maxOutputTokens = 2000)).first { it is Token }
        val read = engine.forwardedTokens
        assertTrue(read < 100, "$read tokens were read")
        assertEquals("x", answers(session.ask("Hi", AskOptions(Strategy.LOCAL, maxOutputTokens = 1)).toList()))
    }

    @Test
    fun `a cancelled question gives up its turn`() = runBlocking(Dispatchers.IO) {
        val begun = CountDownLatch(1)
        val session = session(ScriptedEngine(script = says("x".repeat(3000), 0.9)))
        val long =
            launch {
                session.ask("Hi", AskOptions(Strategy.LOCAL, maxOutputTokens = 3000)).collect {
                    begun.countDown()
                    delay(1)
                }
            }
        begun.await()
        withTimeout(TIMEOUT_MS) {
            long.cancelAndJoin()
            assertNotEquals(emptyList(), session.ask("Hi", AskOptions(maxOutputTokens = 3)).toList())
        }
    }

    @Test
    fun `an engine that runs out of memory is an engine that failed`() = runBlocking {
        val exhausted =
            object : Engine by ScriptedEngine(script = says("x")) {
                override fun forward(tokens: IntArray): Step = throw OutOfMemoryError("no content of a prompt")
            }
        val events = session(exhausted, cloud = echo).ask("Hi").toList()
        assertEquals(Reason.LOCAL_FAILED, events.filterIsInstance<Decided>().single().decision.reason)
        assertEquals("Hi", answers(events))
        val alone = session(exhausted).ask("Hi").toList().last()
        assertTrue(alone is Failed && alone.error is EngineError)
    }

    @Test
    fun `a cloud on this machine needs no network`() = runBlocking {
        val offline = DeviceMonitor { DeviceState(network = Network.OFFLINE) }
        val here = ScriptedCloud(address = "127.0.0.1:50051") { listOf("Hi") }

        suspend fun reason(cloud: Cloud): Reason = (
            session(
                cloud = cloud,
                monitor = offline,
            ).ask("Hi", upwards).first { it is Decided } as Decided
        ).decision.reason
        assertEquals(Reason.STRATEGY, reason(here))
        assertEquals(Reason.OFFLINE, reason(echo))
    }

    @Test
    fun `after its end a session refuses`(): Unit = runBlocking {
        val session = session()
        val cold = session.ask("Hi")
        session.close()
        assertFailsWith<InputError> { cold.toList() }
        assertFailsWith<InputError> { session.ask("Hi").toList() }
    }

    @Test
    fun `what is no conversation is refused at once`() {
        assertFailsWith<InputError> { session().ask(" ") }
        assertFailsWith<InputError> { session().ask(listOf(Message(Role.ASSISTANT, "Hi"))) }
    }

    @Test
    fun `events tell no words of the user`() = runBlocking {
        val told = session(cloud = echo).ask("secretword", upwards).toList().joinToString()
        assertFalse("secretword" in told, told)
    }

    @Test
    fun `a draft is folded into the answer only when it has become it`() = runBlocking {
        val answer = Answer()
        val shown = StringBuilder()
        session(cloud = echo).ask("Hi").collect { shown.append(answer.add(it)) }
        assertEquals("Hi", "$shown")
        assertEquals("Hi", answer.text)
        assertEquals(Place.CLOUD, answer.decision?.place)
    }

    @Test
    fun `a reader who takes only some events leaves`() = runBlocking {
        val talkative = ScriptedCloud { List(100) { "word " } }
        session(cloud = talkative).ask("Hi", upwards).takeWhile { it !is Token }.toList()
        assertEquals(1, talkative.cancelledCount)
    }
}
