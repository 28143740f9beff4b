package dev.upcall.app.data

import android.content.Context
import androidx.room.Database
import androidx.room.Room
import androidx.room.RoomDatabase
import androidx.sqlite.db.SupportSQLiteDatabase

private const val FILE = "conversations.db"

/** The conversations in SQLite. Its schema is kept in `android/app/schemas`; another one needs another version and a migration. */
@Database(
    entities = [ConversationRow::class, MessageRow::class, DraftRow::class, TracePieceRow::class],
    version = 1,
    exportSchema = true,
)
internal abstract class ConversationDatabase : RoomDatabase() {
    abstract fun conversations(): ConversationDao

    abstract fun answers(): AnswerDao
}

/** Opens the database at its first use, not now. */
internal fun conversationDatabase(context: Context, file: String = FILE): ConversationDatabase = Room
    .databaseBuilder(context.applicationContext, ConversationDatabase::class.java, file)
    .addCallback(SecureDeletion)
    .build()

/** What is deleted is overwritten: it could be read from the file otherwise. */
private object SecureDeletion : RoomDatabase.Callback() {
    override fun onOpen(db: SupportSQLiteDatabase) {
        db.query("PRAGMA secure_delete = ON").use { it.moveToFirst() }
    }
}
