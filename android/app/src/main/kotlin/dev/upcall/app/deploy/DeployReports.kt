package dev.upcall.app.deploy

import android.util.Log
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import kotlinx.serialization.KSerializer
import kotlinx.serialization.json.Json
import java.io.IOException
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption

private val JSON = Json { encodeDefaults = true }

/**
 * Reports for a computer, in the app's own folder, which `run-as` reads.
 *
 * @param folder made when it is needed.
 */
class DeployReports(private val folder: Path, private val dispatcher: CoroutineDispatcher = Dispatchers.IO) {
    /** Writes a report, which appears under its name at once and whole. */
    suspend fun <T> write(id: String, serializer: KSerializer<T>, report: T): Unit = withContext(dispatcher) {
        try {
            Files.createDirectories(folder)
            val part = folder.resolve("$id.part")
            Files.write(part, JSON.encodeToString(serializer, report).encodeToByteArray())
            Files.move(
                part,
                folder.resolve("$id.json"),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING,
            )
        } catch (error: IOException) {
            // The computer waits for a report that will not come, and its user looks here then.
            Log.e("upcall", "The report $id cannot be written: ${error.javaClass.simpleName}")
        }
    }
}
