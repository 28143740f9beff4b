package dev.upcall.app.settings

import dev.upcall.core.OutputError
import kotlinx.coroutines.flow.Flow

/** The one owner of [Settings]. */
interface SettingsStore {
    /** The settings now, and after each change. */
    val settings: Flow<Settings>

    /**
     * Change them, all at once or not at all.
     *
     * @throws OutputError they cannot be written.
     */
    suspend fun update(change: (Settings) -> Settings)
}
