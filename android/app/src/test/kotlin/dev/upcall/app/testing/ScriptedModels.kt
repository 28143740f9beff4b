package dev.upcall.app.testing

import dev.upcall.app.models.Capacity
import dev.upcall.app.models.EngineKind
import dev.upcall.app.models.EngineOpener
import dev.upcall.core.Bundle
import dev.upcall.core.BundleError
import dev.upcall.core.BundleManifest
import dev.upcall.core.MANIFEST
import dev.upcall.core.MODEL_ONNX
import dev.upcall.core.TOKENIZER
import dev.upcall.core.fileSha256
import dev.upcall.core.languagemodel.Engine
import dev.upcall.core.testing.BYTE_VOCABULARY_SIZE
import dev.upcall.core.testing.CHATML
import dev.upcall.core.testing.SCRIPTED_HIDDEN_SIZE
import dev.upcall.core.testing.Script
import dev.upcall.core.testing.ScriptedEngine
import dev.upcall.core.testing.TURN_END_ID
import dev.upcall.core.testing.says
import dev.upcall.core.testing.writeByteTokenizer
import kotlinx.serialization.json.add
import kotlinx.serialization.json.addJsonObject
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import kotlinx.serialization.json.putJsonArray
import kotlinx.serialization.json.putJsonObject
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.CopyOnWriteArrayList

/**
 * Writes a whole bundle for [ScriptedEngines]: the real tokenizer of bytes, and a model that no engine reads.
 *
 * @param threshold below which a cascade calls; null writes none.
 * @param models names of its files for engines.
 * @param leastRuntimes versions of runtimes that it asks for.
 */
fun writeScriptedBundle(
    folder: Path,
    modelBytes: Int = 1000,
    threshold: Double? = null,
    models: List<String> = listOf(MODEL_ONNX),
    leastRuntimes: Map<String, String> = emptyMap(),
): Path {
    Files.createDirectories(folder)
    writeByteTokenizer(folder.resolve(TOKENIZER))
    for (name in models) Files.write(folder.resolve(name), ByteArray(modelBytes) { (it * 31).toByte() })
    val manifest =
        buildJsonObject {
            put("schemaVersion", 1)
            putJsonObject("model") {
                put("id", "scripted")
                put("revision", "1")
                put("licence", "MIT")
            }
            put("recipe", "onnx_int4_g32")
            putJsonArray("files") {
                for (name in models + TOKENIZER) {
                    addJsonObject {
                        put("path", name)
                        put("sizeBytes", Files.size(folder.resolve(name)).toString())
                        put("sha256", fileSha256(folder.resolve(name)))
                    }
                }
            }
            putJsonObject("shape") {
                put("contextLength", 4096)
                put("vocabularySize", BYTE_VOCABULARY_SIZE)
                put("hiddenSize", SCRIPTED_HIDDEN_SIZE)
            }
            putJsonObject("chatTemplate") {
                for ((role, format) in CHATML.roles) {
                    putJsonObject(role.value) {
                        put("prefix", format.prefix)
                        put("suffix", format.suffix)
                    }
                }
                put("generationPrefix", CHATML.generationPrefix)
            }
            putJsonArray("stopTokenIds") { add(TURN_END_ID) }
            putJsonObject("leastRuntimeVersions") { for ((name, version) in leastRuntimes) put(name, version) }
            threshold?.let {
                putJsonObject("threshold") {
                    put("signal", "SIGNAL_MIN_LOG_PROB")
                    put("value", it)
                }
            }
        }
    Files.write(folder.resolve(MANIFEST), manifest.toString().encodeToByteArray())
    return folder
}

/** Engines that say what they are told to; remembers what was opened and closed. */
class ScriptedEngines(
    private val refused: BundleError? = null,
    private val script: (bundle: String) -> Script = { says("Hello from $it.") },
) : EngineOpener {
    /** Names of the bundles that were opened, in order. */
    val opened = CopyOnWriteArrayList<String>()

    /** Names of the bundles that were closed, in order. */
    val closed = CopyOnWriteArrayList<String>()

    override fun choose(manifest: BundleManifest): EngineKind {
        refused?.let { throw it }
        return EngineKind.ONNX
    }

    override fun version(kind: EngineKind): String = "1.26.0"

    override fun open(bundle: Bundle): Engine {
        val name = bundle.path.fileName.toString()
        opened += name
        val engine = ScriptedEngine(script = script(name))
        return object : Engine by engine {
            override fun close() {
                closed += name
                engine.close()
            }
        }
    }
}

/** Room as it is told. */
class ScriptedCapacity(var freeBytes: Long = 1L shl 40, var memoryBytes: Long? = null) : Capacity {
    override fun freeBytes(folder: Path): Long = freeBytes

    override fun totalMemoryBytes(): Long? = memoryBytes
}
