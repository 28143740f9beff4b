package dev.upcall.app.data

import androidx.room.Dao
import androidx.room.Insert
import androidx.room.Query
import kotlinx.coroutines.flow.Flow

/** Of an answer that is being made again, the old one is not shown. */
private const val CHAT_COLUMNS =
    "id, conversationId, role, state, createdAtMs, " +
        "CASE state WHEN 'STREAMING' THEN '' ELSE text END AS text, " +
        "CASE state WHEN 'STREAMING' THEN NULL ELSE place END AS place, " +
        "CASE state WHEN 'STREAMING' THEN NULL ELSE error END AS error, remembered"

/** Conversations and their messages. */
@Dao
internal interface ConversationDao {
    @Query(
        "SELECT id, title, createdAtMs, updatedAtMs FROM conversations WHERE deletedAtMs IS NULL " +
            "ORDER BY updatedAtMs DESC, id DESC",
    )
    fun conversations(): Flow<List<Conversation>>

    @Query("SELECT $CHAT_COLUMNS FROM messages WHERE conversationId = :conversationId ORDER BY id DESC LIMIT :most")
    fun newestFirst(conversationId: Long, most: Int): Flow<List<ChatMessage>>

    @Query("SELECT COUNT(*) FROM messages WHERE conversationId = :conversationId")
    fun messageCount(conversationId: Long): Flow<Int>

    @Query(
        "SELECT $CHAT_COLUMNS FROM messages WHERE conversationId = :conversationId AND id < :before " +
            "ORDER BY id DESC LIMIT :most",
    )
    suspend fun earlier(conversationId: Long, before: Long, most: Int): List<ChatMessage>

    @Query("SELECT title FROM conversations WHERE id = :conversationId")
    suspend fun title(conversationId: Long): String?

    @Insert
    suspend fun insert(conversation: ConversationRow): Long

    @Insert
    suspend fun insert(message: MessageRow): Long

    /** Gives how many there were: 0 where it is deleted. */
    @Query("UPDATE conversations SET updatedAtMs = :nowMs WHERE id = :conversationId AND deletedAtMs IS NULL")
    suspend fun touch(conversationId: Long, nowMs: Long): Int

    @Query("UPDATE messages SET remembered = :text WHERE id = :messageId")
    suspend fun remember(messageId: Long, text: String)

    @Query("UPDATE conversations SET title = :title WHERE id = :conversationId")
    suspend fun rename(conversationId: Long, title: String)

    @Query("UPDATE conversations SET deletedAtMs = :deletedAtMs WHERE id = :conversationId")
    suspend fun setDeleted(conversationId: Long, deletedAtMs: Long?)

    @Query("DELETE FROM conversations WHERE deletedAtMs IS NOT NULL")
    suspend fun purge()
}
