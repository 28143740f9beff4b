package dev.upcall.app.deploy

import android.app.Application
import android.content.Intent
import androidx.test.core.app.ApplicationProvider
import dev.upcall.app.benchmark.BenchmarkReport
import dev.upcall.app.benchmark.BenchmarkRunner
import dev.upcall.app.data.RoomConversationStore
import dev.upcall.app.settings.Settings
import dev.upcall.app.testing.Answering
import dev.upcall.app.testing.writeScriptedBundle
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.serialization.KSerializer
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import java.nio.file.Files
import java.nio.file.Path
import kotlin.time.Duration.Companion.seconds

/** The app and `upcall deploy` agree on every name: proto/vectors/deploy.json, which Python's tests read, too. */
@RunWith(RobolectricTestRunner::class)
class DeployVectorsTest {
    @get:Rule
    val temporary = TemporaryFolder()

    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val suite =
        generateSequence(Path.of("").toAbsolutePath()) { it.parent }
            .map { it.resolve("proto/vectors/deploy.json") }
            .first { Files.isRegularFile(it) }
            .let(::readJson)

    private val conversations by lazy {
        RoomConversationStore(ApplicationProvider.getApplicationContext<Application>())
    }

    @After
    fun end() {
        scope.cancel()
        conversations.close()
    }

    @Test
    fun `a report has these keys and types, and no other`() {
        val folder = temporary.root.toPath()
        for (case in cases("reports")) {
            val report = case.getValue("report").jsonObject
            val written =
                if (case.text("action").endsWith("ASK")) {
                    writtenAgain(folder, AskReport.serializer(), report)
                } else {
                    writtenAgain(folder, BenchmarkReport.serializer(), report)
                }
            assertEquals(case.text("name"), report, written)
        }
    }

    @Test
    fun `a request is understood`() {
        for (case in cases("requests")) {
            Answering(temporary.newFolder().toPath()).use { at -> understood(at, case) }
        }
    }

    private fun understood(at: Answering, case: JsonObject): Unit = runBlocking {
        writeScriptedBundle(at.root.resolve("tiny"))
        at.settings.settings.value = Settings(cloudTarget = "127.0.0.1:50051", useTls = false)
        val folder = at.root.resolveSibling("deploy")
        val benchmark = BenchmarkRunner(at.library, at.engines, at.service, { at.device })
        val commands =
            DeployCommands(true, at.library, at.service, conversations, benchmark, DeployReports(folder), scope)
        val strings = case.getValue("strings").jsonObject.mapValues { it.value.jsonPrimitive.content }
        val integers = case.getValue("integers").jsonObject.mapValues { it.value.jsonPrimitive.int }
        val intent = Intent(case.text("action")).putExtra("request_id", case.text("request_id"))
        for ((name, value) in strings) intent.putExtra(name, value)
        for ((name, value) in integers) intent.putExtra(name, value)

        assertTrue(case.text("name"), commands.handle(intent))
        val path = folder.resolve("${case.text("request_id")}.json")
        withTimeout(30.seconds) { while (!Files.exists(path)) delay(20) }
        val report = readJson(path)
        assertEquals("$report", "done", report.text("state"))
        assertEquals(case.text("request_id"), report.text("request_id"))
        assertEquals("tiny", report.text("bundle"))
        strings["question"]?.let { question ->
            val conversation = commands.conversation.first()
            assertEquals(question, conversations.messages(conversation).first().first().text)
        }
        when (strings["strategy"]) {
            "local" -> assertEquals("device", report.text("place"))
            "cloud" -> assertEquals("cloud", report.text("place"))
        }
        integers["rounds"]?.let { assertEquals(it, report.getValue("rounds").jsonArray.size) }
    }

    private fun <T> writtenAgain(folder: Path, serializer: KSerializer<T>, report: JsonObject): JsonObject =
        runBlocking {
            DeployReports(folder).write("again", serializer, Json.decodeFromJsonElement(serializer, report))
            readJson(folder.resolve("again.json"))
        }

    private fun cases(list: String): List<JsonObject> =
        suite.getValue(list).jsonArray.map { it.jsonObject }.also { assertTrue(list, it.isNotEmpty()) }

    private fun readJson(path: Path): JsonObject =
        Json.parseToJsonElement(Files.readAllBytes(path).decodeToString()).jsonObject

    private fun JsonObject.text(key: String): String = getValue(key).jsonPrimitive.content
}
