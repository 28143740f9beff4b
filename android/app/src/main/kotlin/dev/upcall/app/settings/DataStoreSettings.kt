package dev.upcall.app.settings

import android.content.Context
import androidx.datastore.core.DataStore
import androidx.datastore.core.handlers.ReplaceFileCorruptionHandler
import androidx.datastore.preferences.core.PreferenceDataStoreFactory
import androidx.datastore.preferences.core.Preferences
import androidx.datastore.preferences.core.edit
import androidx.datastore.preferences.preferencesDataStoreFile
import dev.upcall.core.OutputError
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.catch
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.map
import java.io.IOException

private const val FILE = "settings"

/** The settings in a file of preferences. There may be one for a file in a process. */
class DataStoreSettings internal constructor(private val store: DataStore<Preferences>) : SettingsStore {
    /** Reads the file at its first use, not now. */
    constructor(context: Context, scope: CoroutineScope = CoroutineScope(Dispatchers.IO + SupervisorJob())) : this(
        PreferenceDataStoreFactory.create(
            corruptionHandler = ReplaceFileCorruptionHandler { lostSettings().toPreferences() },
            scope = scope,
            produceFile = { context.applicationContext.preferencesDataStoreFile(FILE) },
        ),
    )

    override val settings: Flow<Settings> =
        store.data
            .map { it.toSettings() }
            .catch { error -> if (error is IOException) emit(lostSettings()) else throw error }
            .distinctUntilChanged()

    override suspend fun update(change: (Settings) -> Settings) {
        try {
            store.edit { it.replaceBy(change(it.toSettings())) }
        } catch (error: IOException) {
            throw OutputError(
                "The settings cannot be saved (${error.javaClass.simpleName}).",
                nextStep = "free some space, then try again",
            )
        }
    }
}

/** In place of settings that cannot be read: the user's own terms are gone, so nothing leaves before the user has seen it. */
internal fun lostSettings(): Settings = Settings(wereLost = true)
