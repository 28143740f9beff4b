package dev.upcall.app.e2e

import android.content.Context
import android.content.ContextWrapper
import android.database.sqlite.SQLiteDatabase
import android.database.sqlite.SQLiteException
import androidx.activity.ComponentActivity
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.onNodeWithText
import dev.upcall.app.DeviceContainer
import dev.upcall.app.data.MessageState
import dev.upcall.app.data.WRITE_INTERVAL_MS
import dev.upcall.app.navigation.UpcallNavigation
import dev.upcall.app.testing.await
import dev.upcall.app.testing.awaitGone
import dev.upcall.app.testing.awaitNamed
import dev.upcall.app.testing.awaitText
import dev.upcall.app.theme.UpcallTheme
import dev.upcall.cloud.testing.ScriptedService
import dev.upcall.core.decision.Strategy
import dev.upcall.core.testing.says
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import java.io.File

private val ANSWER = List(300) { "word$it" }.joinToString(" ")

/** The process dies in mid-answer: what another one finds on the storage of that moment. */
@RunWith(RobolectricTestRunner::class)
@Config(application = WholeApplication::class, qualifiers = TALL)
class ProcessDeathTest {
    @get:Rule(order = 0)
    val folder = TemporaryFolder()

    @get:Rule(order = 1)
    val phone =
        Phone {
            install(script = says("The device says so."))
            change { it.copy(strategy = Strategy.CLOUD, showsBeforeSending = false) }
        }

    @get:Rule(order = 2)
    val rule = createAndroidComposeRule<ComponentActivity>()

    @Test
    fun `nothing that was written is lost, and the answer can be made again`() {
        val after =
            ScriptedService("""{"reply": "$ANSWER", "delay_s": 0.1}""").use { service ->
                phone.call(service.target)
                phone.parts.scope.launch { phone.parts.asker.ask(null, "Tell me a story") }
                phone.awaitUnseen {
                    phone.passTime(WRITE_INTERVAL_MS) // it is written down a few times a second
                    "word20" in drafts()
                }
                StorageOfNow(phone.app, folder.root)
            }
        val next = DeviceContainer(after, phone.engines)
        rule.setContent { UpcallTheme { UpcallNavigation(next) } }
        rule.press("Conversations")
        rule.tap("Tell me a story")
        rule.awaitText("The app ended before this answer was whole.")
        rule.await(hasText("word0 word1 word2", substring = true) and isInChat)
        val left = lastOf(next)
        assertEquals(MessageState.INTERRUPTED, left.state)
        assertTrue(left.text, ANSWER.startsWith(left.text) && left.text.length < ANSWER.length)
        rule.onNodeWithText("Continue").assertIsDisplayed()

        rule.press("Answer again") // the service is gone by now
        rule.awaitText("The device says so.")
        rule.awaitGone(hasText("The app ended before this answer was whole."))
        rule.awaitNamed("Answer again")
        assertEquals(MessageState.DONE, lastOf(next).state)
        next.scope.cancel()
    }

    private fun lastOf(container: DeviceContainer) = messagesOf(container).last()

    /** What the storage holds by now of answers that are being made. */
    private fun drafts(): String = try {
        val file = phone.app.getDatabasePath("conversations.db")
        SQLiteDatabase.openDatabase(file.path, null, SQLiteDatabase.OPEN_READONLY).use { database ->
            database.rawQuery("SELECT group_concat(text) FROM drafts", null).use { rows ->
                if (rows.moveToFirst()) rows.getString(0).orEmpty() else ""
            }
        }
    } catch (_: SQLiteException) {
        "" // it is being made
    }
}

/** The app's storage as it is at this moment: what a process that dies now leaves behind. */
private class StorageOfNow(app: Context, private val folder: File) : ContextWrapper(app) {
    init {
        val databases = checkNotNull(app.getDatabasePath("any").parentFile)
        check(app.filesDir.copyRecursively(folder.resolve("files")))
        check(databases.copyRecursively(folder.resolve("databases")))
    }

    override fun getApplicationContext(): Context = this

    override fun getFilesDir(): File = folder.resolve("files")

    override fun getNoBackupFilesDir(): File = folder.resolve("no_backup").also { it.mkdirs() }

    override fun getDatabasePath(name: String): File = folder.resolve("databases/$name")
}
