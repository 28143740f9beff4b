package dev.upcall.app.data

import android.database.SQLException
import android.database.sqlite.SQLiteFullException
import androidx.room.RoomDatabase
import androidx.room.withTransaction
import dev.upcall.core.OutputError

/** Runs what reads or writes the database; what it throws becomes an [OutputError] without a word of its content. */
internal suspend fun <T> stored(work: suspend () -> T): T = try {
    work()
} catch (error: SQLException) {
    throw storageError(error)
}

/**
 * Does work in one transaction, all of it or nothing.
 *
 * Where the storage is full, SQLite has rolled back by itself, and the second attempt to roll back fails: what failed first is thrown.
 */
internal suspend fun <T> RoomDatabase.inTransaction(work: suspend () -> T): T {
    var first: SQLException? = null
    try {
        return withTransaction {
            try {
                work()
            } catch (error: SQLException) {
                first = error
                throw error
            }
        }
    } catch (error: SQLException) {
        throw first ?: error
    }
}

/** The error to show for one of SQLite. */
internal fun storageError(error: SQLException): OutputError = if (error is SQLiteFullException) {
    OutputError(
        "The conversation cannot be saved: the storage of this device is full.",
        nextStep = "free some space, then ask again",
    )
} else {
    OutputError(
        "The conversations cannot be read or written (${error.javaClass.simpleName}).",
        nextStep = "close the app and open it again",
    )
}
