package dev.upcall.app.data

import androidx.room.Dao
import androidx.room.Insert
import androidx.room.OnConflictStrategy
import androidx.room.Query
import dev.upcall.core.decision.Place

/** Answers while they are made, and how they ended. */
@Dao
internal interface AnswerDao {
    /** The last answer of a conversation, unless a question stands after it or it is being made. */
    @Query(
        "SELECT id FROM messages WHERE id = (SELECT MAX(id) FROM messages WHERE conversationId = :conversationId) " +
            "AND role = 'ASSISTANT' AND state != 'STREAMING'",
    )
    suspend fun last(conversationId: Long): Long?

    /** Its text stays in the row until there is another one, though the chat does not show it. */
    @Query("UPDATE messages SET state = 'STREAMING', createdAtMs = :nowMs WHERE id = :answerId")
    suspend fun restart(answerId: Long, nowMs: Long)

    /** Does nothing for an answer that has ended or is gone. */
    @Query(
        "INSERT OR REPLACE INTO drafts (answerId, text) " +
            "SELECT id, :text FROM messages WHERE id = :answerId AND state = 'STREAMING'",
    )
    suspend fun keep(answerId: Long, text: String)

    /** Gives how many there were: 0 where the answer is gone. A failure without text leaves the text that was there. */
    @Query(
        "UPDATE messages SET text = CASE WHEN :state = 'FAILED' AND :text = '' THEN text ELSE :text END, " +
            "state = :state, place = :place, error = :error WHERE id = :answerId",
    )
    suspend fun end(answerId: Long, text: String, state: MessageState, place: Place?, error: String?): Int

    /** What was written of the new text takes the place of the old; nothing else is known of it. */
    @Query(
        "UPDATE messages SET place = NULL, error = NULL, " +
            "text = (SELECT drafts.text FROM drafts WHERE drafts.answerId = messages.id) " +
            "WHERE state = 'STREAMING' AND id IN (SELECT answerId FROM drafts)",
    )
    suspend fun takeDrafts()

    @Query("DELETE FROM trace_pieces WHERE answerId IN (SELECT answerId FROM drafts)")
    suspend fun deleteTracesOfDrafts()

    @Query("UPDATE messages SET state = 'INTERRUPTED' WHERE state = 'STREAMING'")
    suspend fun markInterrupted()

    @Query("DELETE FROM drafts WHERE answerId = :answerId")
    suspend fun deleteDraft(answerId: Long)

    @Query("DELETE FROM drafts")
    suspend fun deleteDrafts()

    @Query("DELETE FROM trace_pieces WHERE answerId = :answerId")
    suspend fun deleteTrace(answerId: Long)

    @Insert(onConflict = OnConflictStrategy.REPLACE)
    suspend fun insert(pieces: List<TracePieceRow>)

    @Query("SELECT text FROM trace_pieces WHERE answerId = :answerId ORDER BY position")
    suspend fun trace(answerId: Long): List<String>
}
