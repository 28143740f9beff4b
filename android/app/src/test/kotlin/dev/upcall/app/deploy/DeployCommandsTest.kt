package dev.upcall.app.deploy

import android.app.Application
import android.content.Intent
import androidx.test.core.app.ApplicationProvider
import dev.upcall.app.benchmark.BenchmarkRunner
import dev.upcall.app.data.RoomConversationStore
import dev.upcall.app.settings.Settings
import dev.upcall.app.testing.Answering
import dev.upcall.app.testing.writeScriptedBundle
import dev.upcall.core.Role
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.double
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import java.nio.file.Files
import kotlin.time.Duration.Companion.seconds

@RunWith(RobolectricTestRunner::class)
class DeployCommandsTest {
    @get:Rule
    val temporary = TemporaryFolder()

    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val at by lazy { Answering(temporary.root.toPath()) }
    private val conversations by lazy {
        RoomConversationStore(ApplicationProvider.getApplicationContext<Application>())
    }
    private val reports by lazy { temporary.root.toPath().resolve("deploy") }

    @After
    fun end() {
        scope.cancel()
        conversations.close()
        at.close()
    }

    private fun commands(isAllowed: Boolean = true) = DeployCommands(
        isAllowed,
        at.library,
        at.service,
        conversations,
        BenchmarkRunner(at.library, at.engines, at.service, { at.device }),
        DeployReports(reports),
        scope,
    )

    private fun ask(id: String, question: String?, vararg extras: Pair<String, String>): Intent =
        Intent("dev.upcall.app.ASK").putExtra("request_id", id).putExtra("question", question).apply {
            for ((name, value) in extras) putExtra(name, value)
        }

    private fun report(id: String): JsonObject = runBlocking {
        withTimeout(30.seconds) {
            while (!Files.exists(reports.resolve("$id.json"))) delay(20)
            Json.parseToJsonElement(Files.readAllBytes(reports.resolve("$id.json")).decodeToString()).jsonObject
        }
    }

    private fun JsonObject.text(key: String) = getValue(key).jsonPrimitive.content

    private fun JsonObject.error(key: String) = getValue("error").jsonObject.getValue(key).jsonPrimitive.content

    @Test
    fun `a question is answered in a new conversation and reported`(): Unit = runBlocking {
        writeScriptedBundle(at.root.resolve("tiny"))
        val commands = commands()
        assertTrue(commands.handle(ask("r-1", "Where \"is\" it? \uD83C\uDF0A\n\$(x)")))
        val report = report("r-1")
        assertEquals("r-1", report.text("request_id"))
        assertEquals("tiny", report.text("bundle"))
        assertEquals("Hello from tiny.", report.text("answer"))
        assertEquals("device", report.text("place"))
        assertEquals("no_cloud", report.text("reason"))
        assertFalse(report.getValue("left_device").jsonPrimitive.boolean)
        assertTrue(report.getValue("output_tokens").jsonPrimitive.int > 1)
        assertTrue(report.getValue("total_ms").jsonPrimitive.double > 0)
        assertEquals("done", report.text("state"))
        assertEquals(JsonNull, report["error"])
        val conversation = commands.conversation.first()
        val messages = conversations.messages(conversation).first()
        assertEquals(listOf(Role.USER, Role.ASSISTANT), messages.map { it.role })
        assertEquals("Where \"is\" it? \uD83C\uDF0A\n\$(x)", messages.first().text)
        assertEquals("Hello from tiny.", messages.last().text)
    }

    @Test
    fun `what left is in the report, masked`() {
        writeScriptedBundle(at.root.resolve("tiny"))
        at.settings.settings.value = Settings(cloudTarget = "127.0.0.1:50051", useTls = false)
        commands().handle(ask("r-2", "Write to ann.lee@example.com", "strategy" to "cloud", "bundle" to "tiny"))
        val report = report("r-2")
        assertEquals("cloud", report.text("place"))
        assertTrue(report.getValue("left_device").jsonPrimitive.boolean)
        assertEquals(1, report.getValue("masked").jsonObject.getValue("EMAIL").jsonPrimitive.int)
        val sent = report.getValue("sent").jsonArray.map { it.jsonObject.text("content") }
        assertFalse(sent.any { "ann.lee" in it })
        assertEquals("user", report.getValue("sent").jsonArray.last().jsonObject.text("role"))
    }

    @Test
    fun `a failure is reported with what to do`() {
        val commands = commands()
        commands.handle(ask("r-3", " "))
        assertEquals("failed", report("r-3").text("state"))
        assertEquals("input", report("r-3").error("name"))
        commands.handle(ask("r-4", "Hello", "strategy" to "elsewhere"))
        assertEquals("input", report("r-4").error("name"))
        commands.handle(ask("r-5", "Hello"))
        assertEquals("There is no model on this device.", report("r-5").error("problem"))
        assertEquals("get one under Models", report("r-5").error("next_step"))
        commands.handle(ask("r-6", "Hello", "bundle" to "../../databases"))
        assertEquals("failed", report("r-6").text("state"))
    }

    @Test
    fun `a benchmark is reported`() {
        writeScriptedBundle(at.root.resolve("tiny"))
        val intent = Intent("dev.upcall.app.BENCH").putExtra("request_id", "b-1").putExtra("bundle", "tiny")
        assertTrue(commands().handle(intent.putExtra("output_tokens", 3).putExtra("rounds", 2)))
        val report = report("b-1")
        assertEquals(2, report.getValue("rounds").jsonArray.size)
        val round = report.getValue("rounds").jsonArray.first().jsonObject
        val figures = setOf("prompt_tokens", "time_to_first_token_ms", "prefill_tokens_per_s", "decode_tokens_per_s")
        assertEquals(figures, round.keys)
        val keys =
            "request_id bundle engine engine_version load_ms rounds peak_rss_bytes thermal_before thermal_after " +
                "battery_percent device state error"
        assertTrue("$report", report.keys.containsAll(keys.split(' ')))
        assertEquals(setOf("model", "abi", "android", "sdk"), report.getValue("device").jsonObject.keys)
        val other = Intent("dev.upcall.app.BENCH").putExtra("request_id", "b-2").putExtra("bundle", "other")
        commands().handle(other)
        assertEquals("model", report("b-2").error("name"))
        commands().handle(Intent("dev.upcall.app.BENCH").putExtra("request_id", "b-3").putExtra("rounds", 0))
        assertEquals("input", report("b-3").error("name"))
    }

    @Test
    fun `nobody else is obeyed, and no report leaves its folder`() {
        writeScriptedBundle(at.root.resolve("tiny"))
        assertFalse(commands(isAllowed = false).handle(ask("r-7", "Hello")))
        assertFalse(commands().handle(Intent(Intent.ACTION_MAIN)))
        for (id in listOf("../r", "a b", "", "a".repeat(65), "r\n")) assertTrue(commands().handle(ask(id, "Hello")))
        assertTrue(commands().handle(Intent("dev.upcall.app.ASK")))
        commands().handle(ask("r-8", "Hello"))
        report("r-8")
        Files.list(reports).use { all -> assertEquals(listOf("r-8.json"), all.map { "${it.fileName}" }.toList()) }
        assertFalse(Files.exists(reports.resolveSibling("r.json")))
    }
}
