package dev.upcall.core

import dev.upcall.core.decision.DeviceMonitor
import dev.upcall.core.decision.Prices
import dev.upcall.core.decision.Threshold
import dev.upcall.core.languagemodel.LanguageModel
import dev.upcall.core.redaction.Detector
import dev.upcall.core.redaction.Policy
import dev.upcall.core.redaction.Vault
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn

/**
 * One person's conversations with one model on one device.
 *
 * It holds the vault, so a value keeps its placeholder for as long as the session lives. The caller keeps the messages. It answers
 * one question at a time: those of other coroutines wait their turn.
 *
 * @param model the device's; several sessions may share one.
 * @param threshold of its bundle; null where there is none, and a cascade then always calls.
 * @param detector finds what is private.
 * @param policy what to do with it; by default all is masked.
 * @param cloud where to call; null stays on the device.
 * @param vault to go on with; by default a new one.
 * @param monitor tells of the device; null leaves its state out of the decision.
 * @param budget of calls; null sets no limit.
 * @param prices what circumstances move the threshold by.
 * @param dispatcher where the engine and the detector work; never the caller's own thread.
 */
public class Session(
    model: LanguageModel,
    threshold: Threshold?,
    detector: Detector,
    policy: Policy = Policy(),
    cloud: Cloud? = null,
    vault: Vault = Vault(),
    monitor: DeviceMonitor? = null,
    budget: Budget? = null,
    prices: Prices = Prices(),
    private val dispatcher: CoroutineDispatcher = Dispatchers.IO,
) : AutoCloseable {
    private val turns = Turns()

    @Volatile
    private var parts = Parts(model, threshold, detector, policy, cloud, vault, monitor, budget, prices)

    /** The values that were masked, and their placeholders. */
    public val vault: Vault get() = parts.vault

    /** What finds private words. */
    public val detector: Detector get() = parts.detector

    /** Look with another detector from the next question on. */
    public fun useDetector(detector: Detector) {
        parts = parts.withDetector(detector)
    }

    /** Answer one text of the user; see the other [ask]. */
    public fun ask(text: String, options: AskOptions = AskOptions(), approve: Approve? = null): Flow<Event> =
        ask(asConversation(text), options, approve)

    /**
     * Answer the last message. Cancelling the collector stops the engine, here or in the cloud.
     *
     * Whatever fails after the checks becomes an event: the device's marked answer where there is one, else [Failed].
     *
     * @param messages of the conversation, the user's question last.
     * @param options what the question may take.
     * @param approve asked before anything leaves. What it edited is searched again, and if more had to be masked it is asked again:
     *   only what it has seen is sent. By default what is masked is sent.
     * @return cold: each collection asks anew, and throws [InputError] where the session is closed.
     * @throws InputError the conversation cannot be answered by any model.
     */
    public fun ask(
        messages: List<Message>,
        options: AskOptions = AskOptions(),
        approve: Approve? = null,
    ): Flow<Event> {
        val conversation = asConversation(messages)
        return flow {
            turns.take {
                // One event at a time: the engine does not run ahead of who reads.
                val events = flow { Question(parts, conversation, options, approve).run(this) }
                emitAll(events.buffer(Channel.RENDEZVOUS).flowOn(dispatcher))
            }
        }
    }

    /** Free the model and the connection. Questions that wait their turn are refused. */
    override fun close() {
        turns.close()
        parts.model.close()
        parts.cloud?.close()
    }
}
