package dev.upcall.core.conformance

import dev.upcall.core.FileBudget
import dev.upcall.core.Session
import dev.upcall.core.decision.Signal
import dev.upcall.core.decision.Threshold
import dev.upcall.core.redaction.Action
import dev.upcall.core.redaction.Detector
import dev.upcall.core.redaction.NameFinder
import dev.upcall.core.redaction.Policy
import dev.upcall.core.redaction.Span
import dev.upcall.core.redaction.Vault
import dev.upcall.core.testing.ScriptedCloud
import dev.upcall.core.testing.ScriptedEngine
import dev.upcall.core.testing.chatmlModel
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.flow.transformWhile
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.booleanOrNull
import kotlinx.serialization.json.doubleOrNull
import kotlinx.serialization.json.intOrNull
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.TestFactory
import java.nio.file.Files
import kotlin.test.assertEquals

/** The order of a session: which events come, what leaves, what is cut off. The engine and the cloud are the scripted ones. */
class SessionVectorsTest {
    @TestFactory
    fun `the events of whole questions`() = suite("session").cases("session") { case ->
        val device = case.getValue("device").jsonObject
        val engine = engine(device)
        val sent = mutableListOf<Any>()
        val run =
            Run(
                engine = engine,
                cloud = case["cloud"]?.let { cloud(it.jsonObject, sent) },
                budget = case["budget"]?.let { budget(it.jsonObject, Files.createTempFile("budget", ".json")) },
                sent = sent,
            )
        val threshold =
            case["threshold"]?.jsonObject?.let { given ->
                Threshold(Signal.entries.single { it.value == given.text("signal") }, given.number("value")!!)
            }
        val fails = device.number("fails_after_tokens")?.toInt()
        val actions = case["policy"]?.jsonObject.orEmpty().mapValues { (_, word) -> word.value() as String }
        val state = case["state"]?.let { device(it.jsonObject) }
        Session(
            model = chatmlModel(if (fails == null) engine else FailingEngine(engine, fails)),
            threshold = threshold,
            detector = Detector(names = if (case.flag("does_detector_fail") == true) BrokenNames else null),
            policy = Policy.parse(actions, case.text("unread_script") ?: Action.ALLOW.value),
            cloud = run.cloud,
            vault = Vault(nonce = "k7"),
            monitor = state?.let { { it } },
            budget = run.budget,
        ).use { session -> case.list("questions").forEach { run.check(session, it.jsonObject) } }
    }
}

private object BrokenNames : NameFinder {
    override val version = "broken"

    override fun spans(text: String): List<Span> = error("The name finder broke.")
}

private class Run(
    val engine: ScriptedEngine,
    val cloud: ScriptedCloud?,
    val budget: FileBudget?,
    val sent: MutableList<Any>,
) {
    fun check(session: Session, question: JsonObject) {
        val expect = question.getValue("expect").jsonObject
        val shown = mutableListOf<Any>()
        sent.clear()
        val forwarded = engine.forwardedTokens
        val cancelled = cloud?.cancelledCount ?: 0
        val error = expect.text("error")
        if (error != null) {
            refused(error) { events(session, question, shown) }
            return assertEquals(emptyList(), sent)
        }
        val told = events(session, question, shown)
        val expected = expect.list("events").map { it.value() }
        assertEquals(expected.map { withoutScore(it) }, told.map { withoutScore(it) })
        for ((one, other) in expected zip told) assertClose(score(one), score(other))
        assertEquals(expect["sent"]?.value() ?: emptyList<Any>(), sent)
        assertEquals(expect["shown"]?.value() ?: emptyList<Any>(), shown)
        assertEquals(expect.flag("is_device_asked"), engine.forwardedTokens > forwarded)
        assertEquals(expect.number("cancelled_count")?.toInt() ?: 0, (cloud?.cancelledCount ?: 0) - cancelled)
        val left = budget?.read()
        assertEquals(expect.number("calls_left"), left?.calls?.left)
        assertClose(expect.number("money_left"), left?.money?.left)
    }

    /** The events of one question, neighbouring tokens of one place joined. */
    private fun events(session: Session, question: JsonObject, shown: MutableList<Any>): List<Map<String, Any?>> {
        val approve = question["approvals"]?.let { approving(it as JsonArray, shown) }
        val asked = messages(question.list("messages"))
        val leaveAt = question["leave_at"]?.jsonObject?.mapValues { it.value.value() }
        val flow =
            session.ask(asked, options(question["options"]?.jsonObject), approve).transformWhile { event ->
                val one = told(event)
                emit(one)
                leaveAt == null || leaveAt.any { (key, value) -> one[key] != value }
            }
        return joined(runBlocking { flow.toList() })
    }
}

private fun joined(told: List<Map<String, Any?>>): List<Map<String, Any?>> = told.fold(emptyList()) { all, one ->
    val last = all.lastOrNull()
    val isMore = one["event"] == "token" && last?.get("event") == "token" && last["place"] == one["place"]
    if (isMore) all.dropLast(1) + (last + ("text" to "${last["text"]}${one["text"]}")) else all + one
}

private fun withoutScore(told: Any?): Any? = (told as Map<*, *>) - "score"

private fun score(told: Any?): Double? = ((told as Map<*, *>)["score"] as Number?)?.toDouble()

private fun assertClose(expected: Double?, found: Double?) {
    if (expected == null || found == null) assertEquals(expected, found) else assertEquals(expected, found, 1e-5)
}

/** A JSON value as maps, lists and plain values. */
private fun JsonElement.value(): Any? = when (this) {
    is JsonObject -> mapValues { it.value.value() }
    is JsonArray -> map { it.value() }
    is JsonPrimitive -> if (isString) content else booleanOrNull ?: intOrNull ?: doubleOrNull
}
