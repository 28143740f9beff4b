package dev.upcall.core.testing

import dev.upcall.core.EngineError
import dev.upcall.core.decision.featureCount
import dev.upcall.core.languagemodel.Engine
import dev.upcall.core.languagemodel.Piece
import dev.upcall.core.languagemodel.RouterStage
import dev.upcall.core.languagemodel.Step
import dev.upcall.core.languagemodel.checkFeatures
import dev.upcall.core.languagemodel.checkPosition
import dev.upcall.core.languagemodel.checkTokens
import dev.upcall.core.languagemodel.logitRows
import kotlin.math.ln

/** D, of [ScriptedEngine]. */
public const val SCRIPTED_HIDDEN_SIZE: Int = 2

/**
 * The next token.
 *
 * @property probability in (1/V, 1].
 */
public data class Scripted(public val token: Int, public val probability: Double)

/** Told all tokens in the cache, gives the next one; may throw [EngineError]. */
public typealias Script = (tokens: List<Int>) -> Scripted

/**
 * A script that says the same text after each [CHATML] prompt.
 *
 * @param text to say before the end of the turn.
 * @param probability of every token, the closing one included.
 */
public fun says(text: String, probability: Double = 0.9): Script {
    val reply = byteTokenizer().encode(listOf(Piece(text, isTemplate = false))).asList() + TURN_END_ID
    val opening = CHATML.generationPrefix.length - TURN_START.length
    return { tokens ->
        val said = tokens.size - tokens.lastIndexOf(TURN_START_ID) - 1 - opening
        Scripted(reply.getOrElse(said) { TURN_END_ID }, probability)
    }
}

/**
 * An engine that says what it is told, and is as strict as a real one. Its hidden states hold the position.
 *
 * @param heads router heads, called with the F features.
 * @param vocabularySize V.
 * @property contextLength most tokens.
 * @param script gives every token.
 */
public class ScriptedEngine(
    private val vocabularySize: Int = BYTE_VOCABULARY_SIZE,
    override val contextLength: Int = 4096,
    private val heads: Map<RouterStage, (FloatArray) -> Double> = emptyMap(),
    private val script: Script,
) : Engine {
    private var tokens: MutableList<Int>? = mutableListOf()

    /** Tokens that were read so far, those that were cut off again included. */
    public var forwardedTokens: Int = 0
        private set

    override val position: Int get() = open().size

    override fun forward(tokens: IntArray): Step {
        val cache = open()
        checkTokens(tokens, cache.size, contextLength, vocabularySize)
        val all = cache + tokens.asList()
        val rows = (all.size - logitRows(tokens.size) + 1..all.size).map { logits(script(all.subList(0, it))) }
        cache += tokens.asList()
        forwardedTokens += tokens.size
        val hidden = FloatArray(SCRIPTED_HIDDEN_SIZE) { cache.size.toFloat() }
        return Step(rows, hidden, hidden)
    }

    override fun truncate(position: Int) {
        val cache = open()
        checkPosition(position, cache.size)
        cache.subList(position, cache.size).clear()
    }

    override fun route(stage: RouterStage, features: FloatArray): Double {
        open()
        val head = heads[stage]
        checkFeatures(features, head?.let { featureCount(stage, SCRIPTED_HIDDEN_SIZE) }, stage)
        return head!!(features)
    }

    override fun close() {
        tokens = null
    }

    private fun open(): MutableList<Int> = tokens ?: throw EngineError("The engine is closed.")

    private fun logits(next: Scripted): FloatArray {
        require(next.probability > 1.0 / vocabularySize && next.probability <= 1) {
            "probability ${next.probability} of the scripted token must be above 1/V and at most 1"
        }
        val rest = maxOf((1 - next.probability) / (vocabularySize - 1), LEAST)
        val logits = FloatArray(vocabularySize) { ln(rest).toFloat() }
        logits[next.token] = ln(next.probability).toFloat()
        return logits
    }

    private companion object {
        const val LEAST = 1e-30
    }
}
