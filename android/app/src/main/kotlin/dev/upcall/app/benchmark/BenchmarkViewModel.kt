package dev.upcall.app.benchmark

import androidx.lifecycle.ViewModel
import androidx.lifecycle.viewModelScope
import dev.upcall.app.models.InstalledModel
import dev.upcall.app.models.ModelLibrary
import dev.upcall.app.settings.SettingsStore
import dev.upcall.core.UpcallError
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.launch
import kotlinx.serialization.json.Json

private const val KEPT_MS = 5_000L

/**
 * What the screen shows.
 *
 * @property models that can be measured.
 * @property chosen name of the one that will be; null where there is none.
 * @property step how far a benchmark is; null where none runs.
 * @property report of the last one.
 * @property error why there is none.
 */
data class BenchmarkState(
    val models: List<InstalledModel> = emptyList(),
    val chosen: String? = null,
    val step: BenchmarkStep? = null,
    val report: BenchmarkReport? = null,
    val error: UpcallError? = null,
) {
    val isRunning: Boolean get() = step != null
}

private data class Run(
    val step: BenchmarkStep? = null,
    val report: BenchmarkReport? = null,
    val error: UpcallError? = null,
)

/** Measures a model as long as its screen is there; turning the device does not stop it. */
class BenchmarkViewModel(models: ModelLibrary, settings: SettingsStore, private val runner: BenchmarkRunner) :
    ViewModel() {
    private val picked = MutableStateFlow<String?>(null)
    private val last = MutableStateFlow(Run())
    private var job: Job? = null

    val state: StateFlow<BenchmarkState> =
        combine(models.models, settings.settings, picked, last) { all, now, picked, run ->
            val usable = all.filter { it.isUsable }
            val names = usable.map { it.name }
            val chosen = listOf(picked, now.activeBundle).firstOrNull { it in names } ?: names.firstOrNull()
            BenchmarkState(usable, chosen, run.step, run.report, run.error)
        }.stateIn(viewModelScope, SharingStarted.WhileSubscribed(KEPT_MS), BenchmarkState())

    init {
        viewModelScope.launch { models.refresh() }
    }

    /** Measure another model the next time. */
    fun choose(name: String) {
        picked.value = name
    }

    fun start() {
        val name = state.value.chosen
        if (name == null || job?.isActive == true) return
        last.value = Run(step = BenchmarkStep.Verifying)
        job =
            viewModelScope.launch {
                last.value =
                    try {
                        Run(report = runner.run(name) { last.value = Run(step = it) })
                    } catch (stopped: CancellationException) {
                        last.value = Run()
                        throw stopped
                    } catch (error: UpcallError) {
                        Run(error = error)
                    }
            }
    }

    fun stop() {
        job?.cancel()
    }

    /** The report as JSON, to share. */
    fun json(report: BenchmarkReport): String = PRETTY.encodeToString(BenchmarkReport.serializer(), report)

    private companion object {
        val PRETTY =
            Json {
                prettyPrint = true
                encodeDefaults = true
            }
    }
}
