package dev.upcall.app.data

import androidx.room.Entity
import androidx.room.ForeignKey
import androidx.room.Index
import androidx.room.PrimaryKey
import dev.upcall.core.Role
import dev.upcall.core.decision.Place

/** A [Conversation] as it is stored; [deletedAtMs] is set while its deletion can be undone. */
@Entity(tableName = "conversations", indices = [Index("updatedAtMs")])
internal data class ConversationRow(
    @PrimaryKey(autoGenerate = true) val id: Long = 0,
    val title: String,
    val createdAtMs: Long,
    val updatedAtMs: Long,
    val deletedAtMs: Long? = null,
)

/** A [ChatMessage] as it is stored. */
@Entity(
    tableName = "messages",
    foreignKeys = [
        ForeignKey(ConversationRow::class, ["id"], ["conversationId"], onDelete = ForeignKey.CASCADE),
    ],
    indices = [Index("conversationId")],
)
internal data class MessageRow(
    @PrimaryKey(autoGenerate = true) val id: Long = 0,
    val conversationId: Long,
    val role: Role,
    val text: String,
    val state: MessageState,
    val createdAtMs: Long,
    val place: Place? = null,
    val error: String? = null,
    val remembered: String? = null,
)

/** The text of an answer that is being made, apart from its message: writing it does not touch what the chat watches. */
@Entity(
    tableName = "drafts",
    foreignKeys = [ForeignKey(MessageRow::class, ["id"], ["answerId"], onDelete = ForeignKey.CASCADE)],
)
internal data class DraftRow(
    @PrimaryKey val answerId: Long,
    val text: String,
)

/** A piece of an [AnswerTrace]'s JSON: all of it may be longer than a row that Android's cursors can read. */
@Entity(
    tableName = "trace_pieces",
    primaryKeys = ["answerId", "position"],
    foreignKeys = [ForeignKey(MessageRow::class, ["id"], ["answerId"], onDelete = ForeignKey.CASCADE)],
)
internal data class TracePieceRow(val answerId: Long, val position: Int, val text: String)
