package dev.upcall.app.settings

import android.content.Context
import androidx.test.core.app.ApplicationProvider
import dev.upcall.core.OutputError
import dev.upcall.core.decision.Strategy
import dev.upcall.core.redaction.Action
import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Policy
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import java.io.File

private val ALL =
    Settings(
        cloudTarget = "cloud.example.com:443",
        useTls = false,
        strategy = Strategy.LOCAL,
        threshold = -0.85,
        qualityLevel = 0.7,
        policy = Policy(mapOf(EntityType.SECRET to Action.BLOCK, EntityType.AGE to Action.ALLOW), Action.BLOCK),
        ownTerms = listOf("Project Heron", "b", "a \"quoted\" one", "鷺"),
        mostCallsPerDay = null,
        mostOutputTokens = 77,
        showsBeforeSending = false,
        activeBundle = "tiny",
    )

@RunWith(RobolectricTestRunner::class)
class DataStoreSettingsTest {
    private val context = ApplicationProvider.getApplicationContext<Context>()
    private val file = File(context.filesDir, "datastore/settings.preferences_pb")
    private var job = Job()
    private var store = open()

    private fun open() = DataStoreSettings(context, CoroutineScope(Dispatchers.IO + job))

    private suspend fun reopen(change: () -> Unit = {}) {
        job.cancelAndJoin()
        change()
        job = Job()
        store = open()
    }

    private suspend fun now() = store.settings.first()

    @After
    fun close(): Unit = job.cancel()

    @Test
    fun `the default shows what leaves and calls nobody`() = runBlocking {
        assertEquals(Settings(), now())
        assertTrue(now().showsBeforeSending && now().useTls && now().cloudTarget.isEmpty())
    }

    @Test
    fun `all settings come back as they were set`() = runBlocking {
        store.update { ALL }
        reopen()
        assertEquals(ALL, now())
        store.update { it.copy(threshold = null, activeBundle = null, policy = Policy(), mostCallsPerDay = 0) }
        reopen()
        assertEquals(ALL.copy(threshold = null, activeBundle = null, policy = Policy(), mostCallsPerDay = 0), now())
    }

    @Test
    fun `changes at the same time are all kept`() = runBlocking {
        List(20) { number ->
            async(Dispatchers.IO) { store.update { it.copy(ownTerms = it.ownTerms + "term $number") } }
        }.awaitAll()
        assertEquals(List(20) { "term $it" }.toSet(), now().ownTerms.toSet())
    }

    @Test
    fun `settings that cannot be read are set anew, and it is told until it was seen`() = runBlocking {
        store.update { ALL }
        reopen { file.writeBytes(ByteArray(100) { -1 }) }
        assertEquals(Settings(wereLost = true), now())
        reopen()
        assertTrue(now().wereLost)
        store.update { it.copy(wereLost = false) }
        reopen()
        assertFalse(now().wereLost)
    }

    @Test
    fun `what cannot be written is told and changes nothing`() = runBlocking {
        store.update { ALL }
        reopen {
            file.delete()
            file.parentFile!!.delete()
            file.parentFile!!.writeText("a file where the folder was")
        }
        val error = assertThrows(OutputError::class.java) { runBlocking { store.update { ALL } } }
        assertTrue(error.nextStep, "space" in error.nextStep)
    }

    @Test
    fun `settings tell nothing of the user's words in logs`() {
        assertFalse("Heron" in ALL.toString())
    }
}
