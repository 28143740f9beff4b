package dev.upcall.app.deploy

import android.content.Context
import android.content.Intent
import android.content.pm.ApplicationInfo
import dev.upcall.app.answering.AnswerService
import dev.upcall.app.answering.ModelState
import dev.upcall.app.benchmark.BenchmarkPlan
import dev.upcall.app.benchmark.BenchmarkReport
import dev.upcall.app.benchmark.BenchmarkRunner
import dev.upcall.app.benchmark.FAILED
import dev.upcall.app.benchmark.reportedError
import dev.upcall.app.data.AnswerRecorder
import dev.upcall.app.data.ConversationStore
import dev.upcall.app.models.ModelLibrary
import dev.upcall.core.InputError
import dev.upcall.core.UpcallError
import dev.upcall.core.decision.Strategy
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableSharedFlow
import kotlinx.coroutines.flow.SharedFlow
import kotlinx.coroutines.flow.asSharedFlow
import kotlinx.coroutines.launch

private const val ASK = "dev.upcall.app.ASK"
private const val BENCH = "dev.upcall.app.BENCH"
private val REQUEST_ID = Regex("[A-Za-z0-9-]{1,64}")

/** Whether this build may be told what to do by a computer. */
fun isDebuggable(context: Context): Boolean = context.applicationInfo.flags and ApplicationInfo.FLAG_DEBUGGABLE != 0

/**
 * Does what `upcall deploy run` and `upcall deploy bench` ask by an intent, and writes a report for the computer to fetch.
 *
 * @param isAllowed whether this is a debuggable build; any other ignores such intents, which every app on the device can send.
 * @param scope of the process.
 */
class DeployCommands(
    private val isAllowed: Boolean,
    private val models: ModelLibrary,
    private val answers: AnswerService,
    private val conversations: ConversationStore,
    private val benchmark: BenchmarkRunner,
    private val reports: DeployReports,
    private val scope: CoroutineScope,
) {
    private val begun = MutableSharedFlow<Long>(replay = 1)

    /** Conversations that were begun by a computer, for the screen to show. */
    val conversation: SharedFlow<Long> = begun.asSharedFlow()

    /** Does what an intent asks, if it is one of these. Gives whether it is. */
    fun handle(intent: Intent): Boolean {
        if (!isAllowed || intent.action !in setOf(ASK, BENCH)) return false
        val id = intent.getStringExtra("request_id")?.takeIf(REQUEST_ID::matches) ?: return true
        val bundle = intent.getStringExtra("bundle")
        scope.launch {
            if (intent.action == ASK) {
                reports.write(id, AskReport.serializer(), asked(intent, id, bundle))
            } else {
                reports.write(id, BenchmarkReport.serializer(), measured(intent, id, bundle))
            }
        }
        return true
    }

    private suspend fun asked(intent: Intent, id: String, bundle: String?): AskReport = try {
        val question = intent.getStringExtra("question").orEmpty()
        if (question.isBlank()) throw InputError("The question is empty.", allowed = "some text")
        val strategy = intent.getStringExtra("strategy")?.let(Strategy::of)
        models.refresh() // a bundle may just have been pushed
        val asked = conversations.ask(conversationId = null, question)
        begun.emit(asked.conversationId)
        val events =
            answers.ask(conversations.history(asked), conversation = asked.conversationId, model = bundle) { options ->
                options.copy(strategy = strategy ?: options.strategy)
            }
        var used = bundle
        val answer =
            AnswerRecorder(conversations).record(asked, events) {
                used = (answers.state.value as? ModelState.Ready)?.name ?: used
            }
        askReport(id, used, answer)
    } catch (error: UpcallError) {
        failedReport(id, bundle, error)
    }

    private suspend fun measured(intent: Intent, id: String, bundle: String?): BenchmarkReport = try {
        val plan =
            BenchmarkPlan(
                outputTokens = intent.getIntExtra("output_tokens", BenchmarkPlan().outputTokens),
                rounds = intent.getIntExtra("rounds", BenchmarkPlan().rounds),
            )
        models.refresh()
        benchmark.run(bundle ?: firstUsable(), plan, requestId = id)
    } catch (error: UpcallError) {
        BenchmarkReport(id, bundle, state = FAILED, error = reportedError(error))
    }

    private fun firstUsable(): String = models.models.value.firstOrNull { it.isUsable }?.name
        ?: throw InputError("There is no model on this device.", nextStep = "upcall deploy push BUNDLE")
}
