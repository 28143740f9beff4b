package dev.upcall.app.data

import android.content.Context
import android.database.SQLException
import dev.upcall.core.InputError
import dev.upcall.core.Message
import dev.upcall.core.Role
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.catch
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock

/** Most earlier messages that a question takes along; far more than the context of any model holds. */
private const val MOST_HISTORY = 1_000

/**
 * The conversations in a SQLite database of this app.
 *
 * @param nowMs the clock, milliseconds since 1970.
 */
class RoomConversationStore internal constructor(
    private val database: ConversationDatabase,
    private val nowMs: () -> Long,
) : ConversationStore,
    AutoCloseable {
    /** Opens the database at its first use, not now. */
    constructor(context: Context, nowMs: () -> Long = System::currentTimeMillis) :
        this(conversationDatabase(context), nowMs)

    private val dao = database.conversations()
    private val answers = database.answers()
    private val recovering = Mutex()
    private var isRecovered = false

    override val conversations: Flow<List<Conversation>> = watched { dao.conversations() }

    override fun messages(conversationId: Long, most: Int): Flow<List<ChatMessage>> =
        watched { dao.newestFirst(conversationId, most) }.map { it.asReversed() }

    override fun messageCount(conversationId: Long): Flow<Int> = watched { dao.messageCount(conversationId) }

    override suspend fun ask(conversationId: Long?, question: String): Asked {
        Message(Role.USER, question) // refuses what no model could be asked
        return changed {
            val id = conversationId ?: dao.insert(ConversationRow(0, titleOf(question), nowMs(), nowMs()))
            if (dao.touch(id, nowMs()) == 0) {
                throw InputError("This conversation was deleted.", nextStep = "begin a new one")
            }
            dao.insert(MessageRow(0, id, Role.USER, question, MessageState.DONE, nowMs()))
            Asked(id, dao.insert(MessageRow(0, id, Role.ASSISTANT, "", MessageState.STREAMING, nowMs())))
        }
    }

    override suspend fun regenerate(conversationId: Long): Asked? = changed {
        answers.last(conversationId)?.let { answerId ->
            answers.restart(answerId, nowMs())
            dao.touch(conversationId, nowMs())
            Asked(conversationId, answerId)
        }
    }

    override suspend fun history(asked: Asked): List<Message> = read { historyOf(upTo(asked)) }

    override suspend fun remember(asked: Asked, edits: Map<Int, String>): Unit = changed {
        val messages = askedOf(upTo(asked))
        for ((place, text) in edits) dao.remember(messages[place].id, text)
    }

    private suspend fun upTo(asked: Asked): List<ChatMessage> =
        dao.earlier(asked.conversationId, asked.answerId, MOST_HISTORY).asReversed()

    override suspend fun keep(answerId: Long, text: String): Unit = stored { answers.keep(answerId, text) }

    override suspend fun finish(answerId: Long, state: MessageState, text: String, trace: AnswerTrace?) {
        require(state != MessageState.STREAMING) { "an answer does not end as streaming" }
        stored {
            database.inTransaction {
                val error = (trace?.error ?: trace?.cloudError)?.message
                val isThere = answers.end(answerId, text, state, trace?.place, error) > 0
                answers.deleteDraft(answerId)
                answers.deleteTrace(answerId)
                if (isThere && trace != null) answers.insert(trace.pieces(answerId))
            }
        }
    }

    override suspend fun trace(answerId: Long): AnswerTrace? = read { traceOf(answers.trace(answerId)) }

    override suspend fun rename(conversationId: Long, title: String) {
        val name = titleOf(title)
        if (name.isNotEmpty()) changed { dao.rename(conversationId, name) }
    }

    override suspend fun delete(conversationId: Long): Unit = changed { dao.setDeleted(conversationId, nowMs()) }

    override suspend fun restore(conversationId: Long): Unit = changed { dao.setDeleted(conversationId, null) }

    override suspend fun purge(): Unit = changed { dao.purge() }

    override suspend fun export(conversationId: Long, speaker: (Role) -> String): String = read {
        val messages = dao.earlier(conversationId, Long.MAX_VALUE, MOST_HISTORY).asReversed()
        transcriptOf(dao.title(conversationId).orEmpty(), messages, speaker)
    }

    /** Close the database. Only a test needs to: Android ends the process. */
    override fun close(): Unit = database.close()

    private fun <T> watched(query: () -> Flow<T>): Flow<T> = flow {
        recoverIfPossible()
        emitAll(query())
    }.distinctUntilChanged().catch { error -> throw if (error is SQLException) storageError(error) else error }

    private suspend fun <T> read(work: suspend () -> T): T = stored {
        recoverIfPossible()
        work()
    }

    private suspend fun <T> changed(work: suspend () -> T): T = stored {
        recover()
        database.inTransaction { work() }
    }

    /** A storage that is full can still be read. */
    private suspend fun recoverIfPossible() {
        try {
            recover()
        } catch (_: SQLException) {
            // It is tried again before the next change, which then tells what is wrong.
        }
    }

    /** What a dead process left: half answers, and conversations whose deletion nobody can undo any more. */
    private suspend fun recover() = recovering.withLock {
        if (isRecovered) return@withLock
        database.inTransaction {
            answers.takeDrafts()
            answers.deleteTracesOfDrafts()
            answers.deleteDrafts()
            answers.markInterrupted()
            dao.purge()
        }
        isRecovered = true
    }
}
