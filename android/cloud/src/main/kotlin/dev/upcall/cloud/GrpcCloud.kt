package dev.upcall.cloud

import dev.upcall.core.Cloud
import dev.upcall.core.CloudPart
import dev.upcall.core.CloudQuestion
import dev.upcall.core.CloudText
import dev.upcall.core.CloudUsage
import dev.upcall.core.EscalationError
import dev.upcall.protocol.v1.Completed
import dev.upcall.protocol.v1.EscalationServiceGrpcKt.EscalationServiceCoroutineStub
import dev.upcall.protocol.v1.GenerateRequest
import dev.upcall.protocol.v1.GenerateResponse.EventCase
import dev.upcall.protocol.v1.Usage
import io.grpc.ConnectivityState
import io.grpc.Deadline
import io.grpc.ManagedChannel
import io.grpc.ManagedChannelBuilder
import io.grpc.Metadata
import io.grpc.StatusException
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.catch
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.retryWhen
import java.util.concurrent.TimeUnit
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

internal const val VERSION = "0.1.0"
private const val ATTEMPTS = 2
private val RETRY_PAUSE = 250.milliseconds
private val AUTHORIZATION = Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER)

/**
 * A [Cloud] behind `upcall.protocol.v1.EscalationService`. Connects at the first question; usable by several threads.
 *
 * Before the first text, a call that failed in a passing way is tried once more within the same deadline. After it, nothing is:
 * the user has seen the beginning. Of an answer that is read slowly, the service is asked for no more than a few responses
 * ahead.
 */
public class GrpcCloud internal constructor(
    private val endpoint: CloudEndpoint,
    open: (ManagedChannelBuilder<*>) -> ManagedChannel,
    private val pause: suspend (Duration) -> Unit,
) : Cloud {
    private val channel: ManagedChannel = open(endpoint.channelBuilder())
    private val stub = EscalationServiceCoroutineStub(channel)

    /**
     * @param endpoint whom to call.
     * @param open makes the channel. On Android, `AndroidChannelBuilder.usingBuilder(it).context(context).build()` of
     *   `io.grpc:grpc-android` follows the device from one network to the next.
     * @throws dev.upcall.core.InputError the CA certificate cannot be read.
     */
    public constructor(
        endpoint: CloudEndpoint,
        open: (ManagedChannelBuilder<*>) -> ManagedChannel = { it.build() },
    ) : this(endpoint, open, { delay(it) })

    /** `HOST:PORT`. */
    override val address: String get() = endpoint.target

    override fun close() {
        channel.shutdownNow()
    }

    override fun generate(question: CloudQuestion): Flow<CloudPart> = flow {
        val deadline = Deadline.after(question.timeoutMs.toLong(), TimeUnit.MILLISECONDS)
        val request = generateRequest(question, endpoint.model, VERSION)
        var hasText = false
        val parts =
            attempt(request, deadline)
                .onEach { hasText = true }
                .retryWhen { error, failed -> !hasText && failed + 1 < ATTEMPTS && isWorthAnother(error, deadline) }
                .catch { error -> throw if (error is StatusException) translated(error, hasText) else error }
        emitAll(parts)
    }

    /** Waits before it says yes. */
    private suspend fun isWorthAnother(error: Throwable, deadline: Deadline): Boolean {
        if (error !is StatusException || !mayRetry(error)) return false
        val wanted = maxOf(RETRY_PAUSE, pushback(error))
        if (wanted >= deadline.timeRemaining(TimeUnit.MILLISECONDS).milliseconds) return false
        pause(wanted)
        return true
    }

    /** One call. */
    private fun attempt(request: GenerateRequest, deadline: Deadline): Flow<CloudPart> = flow {
        var sequence = 0L
        var usage = Usage.getDefaultInstance()
        var completed: Completed? = null
        // After a failure to connect, a channel answers from memory for a while; a new question deserves a new look.
        if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) channel.enterIdle()
        stub
            .withDeadline(deadline)
            .generate(request, metadata())
            .catch { error -> if (completed == null) throw error } // else the answer is whole, however the call ended
            .collect { response ->
                sequence++
                if (response.sequence != sequence) throw interrupted(address)
                when (response.eventCase) {
                    EventCase.TEXT_DELTA -> emit(CloudText(response.textDelta.text))
                    EventCase.USAGE -> usage = response.usage
                    EventCase.COMPLETED -> completed = response.completed
                    else -> Unit // a later version's
                }
            }
        emit(CloudUsage(usage.inputTokens, usage.outputTokens, finishReason(completed ?: throw interrupted(address))))
    }

    /** A call takes it over. */
    private fun metadata(): Metadata = Metadata().apply {
        if (endpoint.apiKey.isNotEmpty()) put(AUTHORIZATION, "Bearer ${endpoint.apiKey}")
    }

    private fun translated(error: StatusException, hasText: Boolean): EscalationError =
        escalationError(error, address, endpoint.model, hasText)
}
