package dev.upcall.engine.onnx

import ai.onnxruntime.OnnxTensor
import ai.onnxruntime.OrtException
import ai.onnxruntime.OrtSession
import ai.onnxruntime.TensorInfo
import dev.upcall.core.EngineError
import dev.upcall.core.languagemodel.RouterStage
import dev.upcall.core.languagemodel.checkFeatures
import java.nio.FloatBuffer
import java.nio.file.Files
import java.nio.file.Path

private const val FEATURES = "features"
private const val SCORE = "score"

/**
 * The graphs of router heads beside a model's: `features` `[1, F]` → `score` `[1]`.
 *
 * @throws EngineError one cannot be loaded.
 */
internal class RouterHeads(folder: Path) : AutoCloseable {
    private val heads = HashMap<RouterStage, OrtSession>()

    init {
        try {
            for (stage in RouterStage.entries) {
                val path = folder.resolve("${stage.method}.onnx")
                if (Files.isRegularFile(path)) heads[stage] = OnnxRuntime.load(path, threads = 1)
            }
        } catch (error: EngineError) {
            close()
            throw error
        }
    }

    /**
     * What a head says of these features.
     *
     * @throws EngineError there is no such head, it takes other features, or it fails.
     */
    fun route(stage: RouterStage, features: FloatArray): Double {
        val head = heads[stage]
        checkFeatures(features, head?.featureCount(), stage)
        try {
            val shape = longArrayOf(1, features.size.toLong())
            OnnxTensor.createTensor(OnnxRuntime.environment, FloatBuffer.wrap(features), shape).use { given ->
                head!!.run(mapOf(FEATURES to given)).use { result ->
                    return (result.get(SCORE).get() as OnnxTensor).floatBuffer.get(0).toDouble()
                }
            }
        } catch (error: OrtException) {
            throw EngineError("ONNX Runtime failed in ${stage.method}.", nextStep = "export the model again")
                .apply { initCause(error) }
        }
    }

    override fun close() {
        heads.values.forEach { it.close() }
        heads.clear()
    }

    private fun OrtSession.featureCount(): Int = (inputInfo.getValue(FEATURES).info as TensorInfo).shape[1].toInt()
}
