package dev.upcall.app.answering

import dev.upcall.app.settings.ApiKeyStore
import dev.upcall.app.settings.CallBudget
import dev.upcall.app.settings.Settings
import dev.upcall.cloud.CloudEndpoint
import dev.upcall.core.Budget
import dev.upcall.core.Cloud
import dev.upcall.core.CloudPart
import dev.upcall.core.CloudQuestion
import dev.upcall.core.EscalationError
import dev.upcall.core.EscalationReason
import dev.upcall.core.UpcallError
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/**
 * Whom to call and how often, kept from one question to the next. Not thread-safe: who calls takes turns.
 *
 * @param open makes a connection, which connects at its first call.
 */
class Clouds(
    private val apiKey: ApiKeyStore,
    private val calls: CallBudget,
    private val open: (CloudEndpoint) -> Cloud,
) {
    private var last: Cloud? = null
    private var lastEndpoint: CloudEndpoint? = null

    /** Of calls, as the settings limit it. */
    val budget: Budget get() = calls.file

    /** Who is called as the settings say; null calls nobody. What is wrong with them is said when it would be called. */
    suspend fun of(settings: Settings): Cloud? {
        if (settings.cloudTarget.isEmpty() || settings.wereLost) return replaced(endpoint = null)
        return try {
            calls.limit(settings.mostCallsPerDay)
            replaced(CloudEndpoint(settings.cloudTarget, apiKey.read().orEmpty(), useTls = settings.useTls))
        } catch (error: UpcallError) {
            NotCalled(settings.cloudTarget, error)
        }
    }

    private fun replaced(endpoint: CloudEndpoint?): Cloud? {
        if (endpoint != lastEndpoint) {
            last?.close()
            last = null
            lastEndpoint = null
            last = endpoint?.let(open)
            lastEndpoint = endpoint
        }
        return last
    }

    /** Stands for a service that the settings do not let us call: the device answers, and the reason is shown. */
    private class NotCalled(override val address: String, private val why: UpcallError) : Cloud {
        override fun generate(question: CloudQuestion): Flow<CloudPart> = flow {
            throw EscalationError(why.problem, EscalationReason.UNAVAILABLE, why.allowed, why.nextStep)
        }

        override fun close(): Unit = Unit
    }
}
