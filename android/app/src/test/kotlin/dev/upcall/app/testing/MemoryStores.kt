package dev.upcall.app.testing

import dev.upcall.app.settings.ApiKeyPresence
import dev.upcall.app.settings.ApiKeyState
import dev.upcall.app.settings.ApiKeyStore
import dev.upcall.app.settings.Settings
import dev.upcall.app.settings.SettingsStore
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.update

/** Settings in memory. */
class MemorySettingsStore(initial: Settings = Settings()) : SettingsStore {
    override val settings = MutableStateFlow(initial)

    override suspend fun update(change: (Settings) -> Settings): Unit = settings.update(change)
}

/** A key in memory. */
class MemoryApiKeyStore(key: String? = null) : ApiKeyStore {
    private val kept = MutableStateFlow(key to 0)

    override val state: Flow<ApiKeyState> =
        kept.map { (key, revision) ->
            ApiKeyState(if (key == null) ApiKeyPresence.NONE else ApiKeyPresence.SET, revision)
        }

    override suspend fun read(): String? = kept.value.first

    override suspend fun write(key: String): Unit = kept.update { (_, revision) -> key to revision + 1 }

    override suspend fun delete(): Unit = kept.update { (_, revision) -> null to revision + 1 }
}
