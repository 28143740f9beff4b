package dev.upcall.core.conformance

import dev.upcall.core.BundleError
import dev.upcall.core.BundleFault
import dev.upcall.core.MANIFEST
import dev.upcall.core.ModelRuntime
import dev.upcall.core.openBundle
import dev.upcall.core.requireRuntime
import dev.upcall.core.runsOn
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

class BundleVectorsTest {
    private val suite = suite("bundle")
    private val base = suite.getValue("base").jsonObject

    @TempDir
    lateinit var folders: Path

    @TestFactory
    fun `folders are opened or refused as in the vectors`() = suite.cases("cases") { case ->
        val folder = Files.createTempDirectory(folders, "case").resolve("bundle")
        if (case.flag("absent") != true) write(case, folder)
        val error = case.text("error")
        if (error != null) {
            assertEquals(error, assertFailsWith<BundleError> { openBundle(folder) }.fault.value)
        } else {
            val opened = openBundle(folder)
            val expected = case.getValue("expect").jsonObject
            assertEquals(setOf("stop_token_ids", "threshold", "router_stages"), expected.keys)
            assertEquals(expected.list("stop_token_ids").ints().toList(), opened.stopTokenIds.sorted())
            val threshold = expected.given("threshold")?.jsonObject
            assertEquals(threshold?.text("signal"), opened.threshold?.signal?.value)
            assertEquals(threshold?.number("value"), opened.threshold?.value)
            assertEquals(expected.list("router_stages").texts(), opened.routerStages.map { it.value }.sorted())
        }
    }

    @TestFactory
    fun `a runtime is new enough or refused as in the vectors`() = suite.cases("runtimes") { case ->
        val folder = Files.createTempDirectory(folders, "case").resolve("bundle")
        val asked = JsonObject(mapOf("onnxruntime" to case.getValue("least")))
        write(JsonObject(mapOf("patch" to JsonObject(mapOf("leastRuntimeVersions" to asked)))), folder)
        val opened = openBundle(folder)
        val version = case.text("version")!!
        assertEquals(case.flag("runs"), opened.manifest.runsOn(ModelRuntime.ONNX_RUNTIME, version))
        opened.requireRuntime(ModelRuntime.EXECUTORCH, version) // of which it asks nothing
        if (case.flag("runs") == true) {
            opened.requireRuntime(ModelRuntime.ONNX_RUNTIME, version)
        } else {
            val refused =
                assertFailsWith<BundleError> { opened.requireRuntime(ModelRuntime.ONNX_RUNTIME, version) }
            assertEquals(BundleFault.RUNTIME, refused.fault)
        }
    }

    @Test
    fun `every fault of a folder is met`() {
        val met = suite.list("cases").mapNotNull { it.jsonObject.text("error") }.toSet()
        assertEquals(BundleFault.entries.filter { it != BundleFault.MODEL }.map { it.value }.toSet(), met)
    }

    private fun write(case: JsonObject, folder: Path) {
        Files.createDirectory(folder)
        val manifest = patched(base.getValue("manifest"), case["patch"]?.jsonObject.orEmpty()).toString()
        val size = case.text("manifest_bytes")?.toInt() ?: 0
        Files.write(folder.resolve(MANIFEST), manifest.padEnd(size).encodeToByteArray())
        put(folder, base.getValue("folder").jsonObject + case["put"]?.jsonObject.orEmpty())
    }

    /** A merge patch, RFC 7396. */
    private fun patched(value: JsonElement?, patch: Map<String, JsonElement>): JsonObject = JsonObject(
        buildMap {
            putAll((value as? JsonObject).orEmpty())
            for ((name, change) in patch) {
                remove(name).let { before ->
                    if (change !is JsonNull) put(name, if (change is JsonObject) patched(before, change) else change)
                }
            }
        },
    )

    private fun put(folder: Path, files: Map<String, JsonElement>) {
        for ((name, given) in files) {
            val path = folder.resolve(name)
            Files.deleteIfExists(path)
            val content = given as? JsonObject ?: continue
            Files.createDirectories(path.parent)
            val (kind, value) = content.entries.single().let { it.key to content.text(it.key)!! }
            when (kind) {
                "text" -> Files.write(path, value.encodeToByteArray())
                "hex" -> Files.write(path, value.chunked(2) { it.toString().toInt(16).toByte() }.toByteArray())
                "link_to" -> Files.createSymbolicLink(path, Path.of(value))
                "folder" -> Files.createDirectory(path)
                else -> error("The vectors have a new kind of file: $kind.")
            }
        }
    }
}
