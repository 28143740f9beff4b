package dev.upcall.app.testing

import androidx.test.core.app.ApplicationProvider
import dev.upcall.app.data.RoomConversationStore
import dev.upcall.app.data.conversationDatabase
import org.junit.rules.ExternalResource

/** The real store of conversations on a database of its own, which outlives a process that dies. */
class Conversations : ExternalResource() {
    /** The clock. Each reading is a millisecond later. */
    var nowMs: Long = 1_800_000_000_000

    private var opened: RoomConversationStore? = null

    /** The store of the process that runs now. */
    val store: RoomConversationStore get() = opened ?: open().also { opened = it }

    /** The process dies in the middle of what it does, and another one begins. */
    fun killProcess() {
        opened?.close()
        opened = null
    }

    override fun after(): Unit = killProcess()

    private fun open() = RoomConversationStore(
        conversationDatabase(ApplicationProvider.getApplicationContext(), FILE),
        nowMs = { nowMs++ },
    )

    companion object {
        /** Name of the database. */
        const val FILE: String = "conversations-test.db"
    }
}
