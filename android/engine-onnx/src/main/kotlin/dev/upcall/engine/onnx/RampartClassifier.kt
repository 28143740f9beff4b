package dev.upcall.engine.onnx

import ai.onnxruntime.OnnxTensor
import ai.onnxruntime.OrtException
import ai.onnxruntime.OrtLoggingLevel
import ai.onnxruntime.OrtSession
import dev.upcall.core.RedactionError
import dev.upcall.core.redaction.names.Classifier
import dev.upcall.core.redaction.names.Tokens
import dev.upcall.core.redaction.names.WordPiece
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.nio.FloatBuffer
import java.nio.LongBuffer
import java.security.MessageDigest
import java.util.concurrent.locks.ReentrantReadWriteLock
import kotlin.concurrent.read
import kotlin.concurrent.write
import kotlin.math.exp

/**
 * The Rampart token classifier: names, addresses and identifiers, 17 types. May be shared between threads.
 *
 * Source: Rampart, © 2026 National Design Studio, CC-BY-4.0. Its weights run in a faster graph.
 *
 * @param model the bytes of `model_q4.onnx`.
 * @param tokenizer the bytes of `tokenizer.json`, WordPiece.
 * @param config the bytes of `config.json`, which names the labels.
 * @param threads that one text is worked on with; more than one rarely pays.
 * @throws RedactionError a file cannot be read, or is another model.
 */
public class RampartClassifier(model: ByteArray, tokenizer: ByteArray, config: ByteArray, threads: Int = 1) :
    Classifier,
    AutoCloseable {
    private val pieces: WordPiece
    private val session: OrtSession
    private val lock = ReentrantReadWriteLock()
    private var isClosed = false

    /** `rampart.` and the first characters of the model's SHA-256. */
    override val version: String

    /** `O`, `B-NAME` and `I-NAME`, in the order of the probabilities. */
    override val labels: List<String>

    init {
        var opened: OrtSession? = null
        try {
            labels = labels(config)
            pieces = WordPiece(tokenizer)
            version = "rampart." + beginning(MessageDigest.getInstance("SHA-256").digest(model))
            opened = open(fastGraph(model), threads)
            session = opened
            classify("Anna")
        } catch (error: Exception) {
            // whatever parsers and the engine throw for a broken file
            opened?.close()
            val cause = error::class.java.simpleName
            throw RedactionError("The name model cannot be loaded ($cause).", nextStep = AGAIN)
        }
    }

    /**
     * Tokens of a text of at least one character, special ones left out; null where it has more than 510.
     *
     * @param text valid Unicode.
     * @throws RedactionError the model failed or is closed.
     */
    override fun classify(text: String): Tokens? {
        val encoding = pieces.encode(text)
        if (encoding.ids.size > MOST_TOKENS) return null
        val scores =
            try {
                lock.read { scores(encoding.ids) }
            } catch (error: OrtException) {
                throw RedactionError("The name model failed.", nextStep = AGAIN)
            }
        if (scores.size != encoding.ids.size * labels.size || scores.any { !it.isFinite() }) {
            throw RedactionError("The name model failed.", nextStep = AGAIN)
        }
        val rows =
            Array(encoding.starts.size) { index ->
                val from = (index + 1) * labels.size // the first row is of the mark of the beginning
                probabilities(scores.copyOfRange(from, from + labels.size))
            }
        return Tokens(encoding.starts, encoding.ends, rows)
    }

    private fun scores(ids: LongArray): FloatArray {
        if (isClosed) throw RedactionError("The name model is closed.")
        val shape = longArrayOf(1, ids.size.toLong())
        OnnxTensor.createTensor(OnnxRuntime.environment, LongBuffer.wrap(ids), shape).use { given ->
            session.run(mapOf("input_ids" to given)).use { result ->
                val buffer: FloatBuffer = (result[0] as OnnxTensor).floatBuffer
                return FloatArray(buffer.remaining()).also(buffer::get)
            }
        }
    }

    private fun probabilities(scores: FloatArray): FloatArray {
        val most = scores.max()
        for (index in scores.indices) scores[index] = exp(scores[index] - most)
        val sum = scores.sum()
        for (index in scores.indices) scores[index] /= sum
        return scores
    }

    /** Gives the engine's memory back, once no text is being read; the classifier is of no use from then on. */
    override fun close(): Unit = lock.write {
        if (!isClosed) session.close()
        isClosed = true
    }

    private fun open(graph: ByteArray, threads: Int): OrtSession = OrtSession.SessionOptions().use { options ->
        options.setIntraOpNumThreads(threads)
        options.setInterOpNumThreads(1)
        options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL)
        OnnxRuntime.environment.createSession(graph, options)
    }

    private companion object {
        /** Positions that the model has, with the two special ones. */
        const val MOST_TOKENS = 512
        const val HASH_BYTES = 4
        const val AGAIN = "upcall pull rampart --verify"

        fun beginning(hash: ByteArray) =
            hash.take(HASH_BYTES).joinToString("") { (it.toInt() and 0xFF or 0x100).toString(radix = 16).drop(1) }

        fun labels(config: ByteArray): List<String> {
            val named = Json.parseToJsonElement(config.decodeToString()).jsonObject.getValue("id2label").jsonObject
            return List(named.size) { named.getValue("$it").jsonPrimitive.content }
        }
    }
}
