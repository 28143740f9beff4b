package dev.upcall.app.benchmark

import dev.upcall.app.answering.ModelState
import dev.upcall.app.models.EngineKind
import dev.upcall.app.models.NativeEngines
import dev.upcall.app.testing.Answering
import dev.upcall.app.testing.tinyBundle
import dev.upcall.app.testing.writeScriptedBundle
import dev.upcall.core.InputError
import dev.upcall.core.ModelError
import dev.upcall.core.asConversation
import dev.upcall.core.decision.DeviceState
import dev.upcall.core.decision.Thermal
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.time.Duration.Companion.seconds

private val SMALL = BenchmarkPlan(promptTokens = 16, outputTokens = 4, rounds = 2)

@RunWith(RobolectricTestRunner::class)
class BenchmarkRunnerTest {
    @get:Rule
    val temporary = TemporaryFolder()

    private val at by lazy { Answering(temporary.root.toPath()) }
    private val runner by lazy {
        BenchmarkRunner(at.library, at.engines, at.service, { at.device }, peakBytes = { 42 })
    }

    @After
    fun end(): Unit = at.close()

    @Test
    fun `what was measured is told`(): Unit = runBlocking {
        writeScriptedBundle(at.root.resolve("tiny"))
        at.device = DeviceState(batteryPercent = 80.0, thermal = Thermal.LIGHT)
        val steps = CopyOnWriteArrayList<BenchmarkStep>()
        val report = runner.run("tiny", SMALL, requestId = "r1", tell = steps::add)
        assertEquals("r1", report.requestId)
        assertEquals("tiny", report.bundle)
        assertEquals("onnx", report.engine)
        assertEquals("1.26.0", report.engineVersion)
        assertTrue(report.loadMs!! > 0)
        assertEquals(listOf(16, 16), report.rounds.map { it.promptTokens })
        for (round in report.rounds) {
            assertTrue(round.timeToFirstTokenMs > 0)
            assertEquals(16e3 / round.timeToFirstTokenMs, round.prefillTokensPerS, 1e-6)
            assertTrue(round.decodeTokensPerS > 0)
        }
        assertEquals(listOf(256, 512, 1024), report.byPosition.map { it.position })
        assertEquals(42L, report.peakRssBytes)
        assertEquals("light", report.thermalBefore)
        assertEquals("light", report.thermalAfter)
        assertEquals(80.0, report.batteryPercent!!, 0.0)
        assertTrue(report.device.sdk > 0)
        assertEquals("done", report.state)
        assertEquals(listOf(BenchmarkStep.Verifying, BenchmarkStep.Loading, BenchmarkStep.Round(1, 2)), steps.take(3))
        assertEquals(listOf("tiny"), at.engines.closed)
    }

    @Test
    fun `the model that answers makes room first`(): Unit = runBlocking {
        writeScriptedBundle(at.root.resolve("tiny"))
        at.service.ask(asConversation("Hello")).collect()
        runner.run("tiny", SMALL)
        assertEquals(listOf("tiny", "tiny"), at.engines.closed)
        assertEquals(ModelState.Idle, at.service.state.value)
    }

    @Test
    fun `a stopped benchmark frees the engine`(): Unit = runBlocking {
        writeScriptedBundle(at.root.resolve("tiny"))
        val begun = CompletableDeferred<Unit>()
        val job =
            launch {
                runner.run("tiny", BenchmarkPlan(rounds = 100)) { if (it is BenchmarkStep.Round) begun.complete(Unit) }
            }
        begun.await()
        withTimeout(20.seconds) {
            job.cancel()
            job.join()
        }
        assertEquals(listOf("tiny"), at.engines.closed)
        assertTrue(at.service.release())
    }

    @Test
    fun `what cannot be measured is refused`() {
        writeScriptedBundle(at.root.resolve("tiny"))
        assertThrows(ModelError::class.java) { runBlocking { runner.run("other") } }
        assertThrows(InputError::class.java) { runBlocking { runner.run("tiny", BenchmarkPlan(promptTokens = 5000)) } }
        assertThrows(InputError::class.java) { BenchmarkPlan(outputTokens = 1) }
        assertThrows(InputError::class.java) { BenchmarkPlan(rounds = 0) }
        assertThrows(InputError::class.java) { BenchmarkPlan(promptTokens = 0) }
        assertTrue(at.engines.opened.isEmpty())
    }

    @Test
    fun `the real engine is measured on a real bundle`(): Unit = runBlocking {
        tinyBundle.toFile().copyRecursively(at.root.resolve("noise").toFile())
        val native = BenchmarkRunner(at.library, NativeEngines, at.service, { at.device })
        val report = native.run("noise", SMALL)
        assertEquals(NativeEngines.version(EngineKind.ONNX), report.engineVersion)
        assertTrue(report.rounds.all { it.decodeTokensPerS > 0 })
        assertTrue(report.peakRssBytes!! > 1_000_000)
    }

    @Test
    fun `the median of an even number is the upper one`() {
        val rounds = listOf(1.0, 4.0, 2.0, 3.0).map { BenchmarkRound(1, it, it, it) }
        assertEquals(3.0, median(rounds) { it.decodeTokensPerS }, 0.0)
    }
}
