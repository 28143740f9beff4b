package dev.upcall.app.answering

import dev.upcall.app.settings.Settings
import dev.upcall.app.testing.writeScriptedBundle
import dev.upcall.core.Answer
import dev.upcall.core.Approve
import dev.upcall.core.asConversation
import dev.upcall.core.decision.Place
import dev.upcall.core.decision.Reason
import dev.upcall.core.decision.Strategy
import dev.upcall.core.testing.ScriptedCloud
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

private val CLOUD = Settings(cloudTarget = "127.0.0.1:50051", useTls = false, strategy = Strategy.CLOUD)

@RunWith(RobolectricTestRunner::class)
class EscalatingAnswersTest : Asking() {
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
}
