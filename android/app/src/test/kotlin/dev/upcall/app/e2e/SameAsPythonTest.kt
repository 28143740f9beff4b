package dev.upcall.app.e2e

import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import dev.upcall.app.MainActivity
import dev.upcall.app.data.AnswerTrace
import dev.upcall.app.testing.awaitNamed
import dev.upcall.app.testing.awaitText
import dev.upcall.app.testing.tinyBundle
import dev.upcall.cloud.testing.ScriptedService
import dev.upcall.cloud.testing.checkout
import dev.upcall.cloud.testing.scriptedPython
import dev.upcall.core.decision.Strategy
import dev.upcall.core.redaction.Policy
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.add
import kotlinx.serialization.json.addJsonArray
import kotlinx.serialization.json.addJsonObject
import kotlinx.serialization.json.buildJsonArray
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.put
import kotlinx.serialization.json.putJsonArray
import kotlinx.serialization.json.putJsonObject
import org.junit.Assert.assertEquals
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config

/** The same questions, in the app and in Python's runtime, over the same bundle and the same service. */
@RunWith(RobolectricTestRunner::class)
@Config(application = WholeApplication::class, qualifiers = TALL)
class SameAsPythonTest {
    private class Asked(
        val text: String,
        val strategy: Strategy = Strategy.CASCADE,
        val threshold: Double? = null,
        val terms: List<String> = emptyList(),
        val actions: Map<String, String> = emptyMap(),
    )

    private val questions =
        listOf(
            Asked("What is the capital of France?", Strategy.LOCAL),
            Asked("What is the capital of Spain?", threshold = -50.0),
            Asked("What is the capital of Italy?", threshold = -0.001),
            Asked("Call +49 30 901820 or write to ann.lee@example.com, ann.lee@example.com!", Strategy.CLOUD),
            Asked(
                "Pay Project Heron by DE89 3704 0044 0532 0130 00 👋🏽",
                threshold = -0.001,
                terms = listOf("Project Heron"),
            ),
            Asked("The key is AKIAIOSFODNN7EXAMPLE.", Strategy.CLOUD, actions = mapOf("SECRET" to "block")),
            Asked("The router answers at 192.0.2.17.", Strategy.CLOUD, actions = mapOf("IP_ADDRESS" to "allow")),
            Asked("password: hunter2-hunter2\nناهيد 4111 1111 1111 1111", Strategy.CLOUD),
        )

    @get:Rule(order = 0)
    val phone =
        Phone {
            install(tinyBundle, "tiny")
            change { it.copy(mostOutputTokens = 16, showsBeforeSending = false) }
        }

    @get:Rule(order = 1)
    val rule = createAndroidComposeRule<MainActivity>()

    @Test
    fun `both decide alike, and the same leaves`() {
        ScriptedService("""{"reply": "The cloud says so."}""").use { service ->
            phone.call(service.target)
            val app = buildJsonArray { for (question in questions) add(told(question)) }
            assertEquals(unlinked(python(service.target)), unlinked(app))
            val sent = service.received().map { request -> request.map { it.content } }
            assertEquals("both sent as often", 0, sent.size % 2)
        }
    }

    private fun told(question: Asked): JsonElement {
        phone.change {
            it.copy(
                strategy = question.strategy,
                threshold = question.threshold,
                ownTerms = question.terms,
                policy = Policy.parse(question.actions),
            )
        }
        rule.press("New conversation")
        rule.awaitText("Ask anything")
        rule.ask(question.text)
        rule.awaitNamed("Answer again")
        return told(phone.trace())
    }

    private fun told(trace: AnswerTrace) = buildJsonObject {
        put("place", trace.place?.value)
        put("reason", trace.reason?.value)
        putJsonArray("sent") {
            for (message in trace.sent) {
                addJsonArray {
                    add(message.role.value)
                    add(message.content)
                }
            }
        }
        putJsonObject("masked") { for ((type, count) in trace.masked) put(type.name, count) }
    }

    private fun python(cloud: String): JsonArray {
        val given =
            buildJsonObject {
                put("bundle", tinyBundle.toString())
                put("cloud", cloud)
                putJsonArray("questions") {
                    for (question in questions) {
                        addJsonObject {
                            put("text", question.text)
                            put("strategy", question.strategy.value)
                            question.threshold?.let { put("threshold", it) }
                            putJsonArray("terms") { question.terms.forEach { add(it) } }
                            putJsonObject("actions") { for ((type, action) in question.actions) put(type, action) }
                        }
                    }
                }
            }
        val process =
            ProcessBuilder(scriptedPython(), "-m", "tests.e2e.same_questions", given.toString())
                .directory(checkout.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start()
        val text = process.inputStream.bufferedReader().readText()
        assertEquals(0, process.waitFor())
        return Json.parseToJsonElement(text).jsonArray
    }

    /** Without what is drawn anew for each conversation, so that nobody can link two of them. */
    private fun unlinked(told: JsonArray): List<String> =
        told.map { it.toString().replace(Regex("(\\[\\[[A-Z_]+_\\d+_)..]]"), "$1xx]]") }
}
