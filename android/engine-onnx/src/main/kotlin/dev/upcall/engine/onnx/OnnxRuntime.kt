package dev.upcall.engine.onnx

import ai.onnxruntime.OrtEnvironment
import ai.onnxruntime.OrtException
import ai.onnxruntime.OrtLoggingLevel
import ai.onnxruntime.OrtSession
import dev.upcall.core.EngineError
import java.nio.Buffer
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.file.Path

/** ONNX Runtime in this process. Its messages name tensors and paths, so it logs nothing; errors come as exceptions. */
internal object OnnxRuntime {
    val environment: OrtEnvironment by lazy {
        try {
            // Belt and braces: the pinned version has no telemetry but on Windows.
            OrtEnvironment
                .getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "upcall")
                .also { it.setTelemetry(false) }
        } catch (error: LinkageError) {
            throw notHere(error)
        } catch (error: OrtException) {
            throw notHere(error)
        }
    }

    /**
     * A session on the CPU.
     *
     * @throws EngineError the file is no graph that this version runs, or memory is lacking.
     */
    fun load(path: Path, threads: Int): OrtSession = try {
        OrtSession.SessionOptions().use {
            it.setIntraOpNumThreads(threads)
            it.setInterOpNumThreads(1)
            it.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL)
            environment.createSession(path.toString(), it)
        }
    } catch (error: OrtException) {
        throw EngineError(
            "ONNX Runtime ${environment.version} cannot load ${path.fileName}.",
            nextStep = "verify the bundle's files, free some memory or export again",
        ).apply { initCause(error) }
    }

    private fun notHere(error: Throwable): EngineError = EngineError(
        "ONNX Runtime cannot be loaded on ${System.getProperty("os.name")}, ${System.getProperty("os.arch")}.",
        nextStep = "take another engine",
    ).apply { initCause(error) }
}

/** Memory that the graph reads and writes itself: nothing is copied to hand it over. */
internal fun directMemory(bytes: Int): ByteBuffer = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder())

// Called on Buffer, as its subclasses have methods of these names only since Java 9, and Android since version 9.
internal fun Buffer.from(place: Int): Buffer = position(place)

internal fun Buffer.upTo(place: Int): Buffer = limit(place)
