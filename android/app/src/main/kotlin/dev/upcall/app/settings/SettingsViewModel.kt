package dev.upcall.app.settings

import androidx.lifecycle.ViewModel
import androidx.lifecycle.viewModelScope
import dev.upcall.cloud.CloudEndpoint
import dev.upcall.core.InputError
import dev.upcall.core.UpcallError
import dev.upcall.core.redaction.Detector
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

private const val STOP_AFTER_MS = 5_000L

/**
 * What the screen shows.
 *
 * @property settings as they are stored.
 * @property key whether there is a key of the service.
 * @property callsLeft whole calls that are left now; null without a limit.
 */
data class SettingsState(val settings: Settings, val key: ApiKeyPresence, val callsLeft: Int?)

/**
 * Changes the settings; each change holds from the next question on.
 *
 * @param store of the settings.
 * @param keys of the service.
 * @param budget of calls.
 * @param worker for work that may take long.
 */
class SettingsViewModel(
    private val store: SettingsStore,
    private val keys: ApiKeyStore,
    private val budget: CallBudget,
    private val worker: CoroutineDispatcher = Dispatchers.IO,
) : ViewModel() {
    private val mutableProblem = MutableStateFlow<UpcallError?>(null)
    private val mutableTermProblem = MutableStateFlow<UpcallError?>(null)
    private val mutableKeyProblem = MutableStateFlow<UpcallError?>(null)

    /** Null until the settings are read. */
    val state: StateFlow<SettingsState?> =
        combine(store.settings.map { it to callsLeft(it) }, keys.state) { (settings, callsLeft), key ->
            SettingsState(settings, key.presence, callsLeft)
        }.stateIn(viewModelScope, SharingStarted.WhileSubscribed(STOP_AFTER_MS), null)

    /** What could not be kept; null once it was seen. */
    val problem: StateFlow<UpcallError?> = mutableProblem.asStateFlow()

    /** Why a term was not added. */
    val termProblem: StateFlow<UpcallError?> = mutableTermProblem.asStateFlow()

    /** Why a key was not kept. */
    val keyProblem: StateFlow<UpcallError?> = mutableKeyProblem.asStateFlow()

    /** Change what is stored. */
    fun change(change: (Settings) -> Settings) {
        viewModelScope.launch { telling(mutableProblem) { store.update(change) } }
    }

    /** Call this service from now on, if [cloudProblem] finds nothing wrong with it. */
    fun changeCloud(target: String, useTls: Boolean) {
        val address = target.trim()
        if (cloudProblem(address, useTls) == null) change { it.copy(cloudTarget = address, useTls = useTls) }
    }

    /** Keep a key. [kept] is called once it is. */
    fun keepKey(key: String, kept: () -> Unit) {
        viewModelScope.launch { telling(mutableKeyProblem) { keys.write(key) }?.let { kept() } }
    }

    /** Forget the key. */
    fun deleteKey() {
        viewModelScope.launch { telling(mutableKeyProblem) { keys.delete() } }
    }

    /** Add a term of the user's own, if the detector takes it. [added] is called once it is there. */
    fun addTerm(term: String, added: () -> Unit) {
        val word = term.trim()
        viewModelScope.launch {
            telling(mutableTermProblem) {
                val before = store.settings.first().ownTerms
                withContext(worker) { Detector(denyTerms = before + word) }
                store.update { if (word in it.ownTerms) it else it.copy(ownTerms = it.ownTerms + word) }
            }?.let { added() }
        }
    }

    /** Take a term off the list. */
    fun deleteTerm(term: String): Unit = change { it.copy(ownTerms = it.ownTerms - term) }

    /** The problem was seen. */
    fun dismissProblem() {
        mutableProblem.value = null
    }

    private suspend fun callsLeft(settings: Settings): Int? = withContext(worker) {
        try {
            budget.limit(settings.mostCallsPerDay)
        } catch (_: UpcallError) {
            // The next question says so and stays on the device.
        }
        budget.callsLeft()?.toInt()
    }

    private suspend fun telling(problem: MutableStateFlow<UpcallError?>, work: suspend () -> Unit): Unit? = try {
        work()
        problem.value = null
    } catch (error: UpcallError) {
        problem.value = error
        null
    }
}

/** What is wrong with a service to call; null for one that may be called, and for none. */
fun cloudProblem(target: String, useTls: Boolean): InputError? = try {
    if (target.isNotBlank()) CloudEndpoint(target.trim(), useTls = useTls)
    null
} catch (error: InputError) {
    error
}
