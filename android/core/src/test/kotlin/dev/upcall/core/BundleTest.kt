package dev.upcall.core

import dev.upcall.core.decision.Signal
import dev.upcall.core.decision.Threshold
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertNull
import kotlin.test.assertTrue

class BundleTest {
    @TempDir
    lateinit var folder: Path

    private val contents = mapOf("model.onnx" to "graph", "tokenizer.json" to "{}", "card.md" to "größe")

    private fun bundle(edit: (String) -> String = { it }): Path {
        for ((name, content) in contents) Files.write(folder.resolve(name), content.encodeToByteArray())
        val files =
            contents.keys.joinToString { name ->
                val file = folder.resolve(name)
                """{"path": "$name", "sizeBytes": "${Files.size(file)}", "sha256": "${fileSha256(file)}"}"""
            }
        val manifest =
            """
            {"schemaVersion": 1, "model": {"id": "tiny", "revision": "r", "licence": "MIT"}, "recipe": "onnx_int4_g32",
            "files": [$files], "shape": {"contextLength": 16, "vocabularySize": 3, "hiddenSize": 2, "layerCount": 1},
            "chatTemplate": {"user": {"prefix": "<u>", "suffix": "</u>"}}, "stopTokenIds": [2],
            "threshold": {"signal": "SIGNAL_MIN_LOG_PROB", "value": -0.5, "calibration": {"auroc": 0.7}},
            "figures": [{"name": "size", "value": 5, "unit": "B"}], "toolVersions": {"onnxruntime": "1"}}
            """.trimIndent()
        Files.write(folder.resolve(MANIFEST), edit(manifest).encodeToByteArray())
        return folder
    }

    private fun fault(edit: (String) -> String): BundleFault =
        assertFailsWith<BundleError> { openBundle(bundle(edit)) }.fault

    @Test
    fun `a whole bundle opens with what its manifest says`() {
        val opened = openBundle(bundle())
        assertEquals(setOf(2), opened.stopTokenIds)
        assertEquals(Threshold(Signal.MIN_LOG_PROB, -0.5), opened.threshold)
        assertEquals("<u>", opened.template.roles.getValue(Role.USER).prefix)
        assertEquals("", opened.template.roles.getValue(Role.SYSTEM).prefix)
        assertNull(opened.template.defaultSystem)
        assertEquals("graph", Files.readAllBytes(opened.model).decodeToString())
        assertTrue(opened.holds(MODEL_ONNX))
        assertFalse(opened.holds(MODEL_PTE))
        assertEquals(ModelShape(contextLength = 16, vocabularySize = 3, hiddenSize = 2), opened.manifest.shape)
        assertEquals(listOf(Measurement("size", 5.0, "B")), opened.manifest.figures)
        assertEquals("tiny", opened.manifest.modelId)
    }

    @Test
    fun `a manifest can be read while the files are not there yet`() {
        bundle()
        Files.delete(folder.resolve("model.onnx"))
        assertEquals(contents.keys, readBundleManifest(folder).files.map { it.path }.toSet())
        bundle { it.replace("card.md", "../card.md") }
        assertEquals(BundleFault.PATH, assertFailsWith<BundleError> { readBundleManifest(folder) }.fault)
        Files.delete(folder.resolve(MANIFEST))
        assertEquals(BundleFault.MANIFEST, assertFailsWith<BundleError> { readBundleManifest(folder) }.fault)
    }

    @Test
    fun `a default system message may be empty, which is another thing than none`() {
        val opened =
            openBundle(bundle { it.replace("\"chatTemplate\": {", "\"chatTemplate\": {\"defaultSystem\": \"\", ") })
        assertEquals("", opened.template.defaultSystem)
    }

    @Test
    fun `an error says what is wrong and what to do`() {
        val missing = assertFailsWith<BundleError> { openBundle(folder.resolve("nowhere")) }
        assertTrue("upcall export" in missing.nextStep)
        bundle()
        Files.write(folder.resolve("model.onnx"), "gra".encodeToByteArray())
        val cut = assertFailsWith<BundleError> { openBundle(folder) }
        assertEquals("model.onnx has 3 bytes.", cut.problem)
        assertEquals("5", cut.allowed)
        Files.write(folder.resolve("extra.so"), ByteArray(0))
        assertTrue("does not list: extra.so" in assertFailsWith<BundleError> { openBundle(folder) }.problem)
    }

    @Test
    fun `a manifest that says one thing twice is refused`() {
        assertEquals(
            BundleFault.MANIFEST,
            fault {
                it.replace("{\"schemaVersion\": 1", "{\"recipe\": \"a\", \"schemaVersion\": 1")
            },
        )
        assertEquals(
            BundleFault.MANIFEST,
            fault {
                it.replace("{\"schemaVersion\": 1", "{\"schema_version\": 1, \"schemaVersion\": 1")
            },
        )
        assertEquals(BundleFault.MANIFEST, fault { it.replace("\"recipe\"", "\"\\u0072ecipe\": \"a\", \"recipe\"") })
    }

    @Test
    fun `values of another type are refused wherever they stand`() {
        val wrong =
            listOf(
                "\"schemaVersion\": 1" to "\"schemaVersion\": 1.5",
                "\"stopTokenIds\": [2]" to "\"stopTokenIds\": [-1]",
                "[2]" to "[4294967296]",
                "[2]," to "[null],",
                "\"tiny\"" to "3",
                "\"tiny\"" to "tiny",
                "\"r\"" to "\"\\ud800\"",
                "-0.5" to "\"much\"",
                "-0.5" to "true",
                "{\"auroc\": 0.7}" to "{\"auroc\": []}",
                "{\"onnxruntime\": \"1\"}" to "{\"onnxruntime\": 1}",
                "\"unit\": \"B\"" to "\"unit\": null, \"mood\": 1",
                "\"layerCount\": 1" to "\"layerCount\": \"one\"",
                "\"onnx_int4_g32\"," to "\"onnx_int4_g32\",,",
                "\"SIGNAL_MIN_LOG_PROB\"" to "[]",
            )
        for ((from, to) in wrong) assertEquals(BundleFault.MANIFEST, fault { it.replace(from, to) }, to)
        assertEquals(BundleFault.MANIFEST, fault { "$it {}" })
        assertEquals(BundleFault.MANIFEST, fault { "\uFEFF$it" })
        assertEquals(BundleFault.MANIFEST, fault { "[".repeat(100_000) })
    }

    @Test
    fun `numbers may be written in every way of proto JSON`() {
        val opened =
            openBundle(
                bundle {
                    it
                        .replace("\"schemaVersion\": 1", "\"schemaVersion\": \"1\"")
                        .replace("[2]", "[2.0, 1e2, \"7\"]")
                        .replace("-0.5", "\"-Infinity\"")
                        .replace("\"SIGNAL_MIN_LOG_PROB\"", "2")
                        .replace("\"tiny\"", "null")
                },
            )
        assertEquals(setOf(2, 100, 7), opened.stopTokenIds)
        assertEquals(Threshold(Signal.MIN_LOG_PROB, Double.NEGATIVE_INFINITY), opened.threshold)
        assertEquals("", opened.manifest.modelId)
    }

    @Test
    fun `what no number can be refuses the threshold, not the program`() {
        assertEquals(BundleFault.THRESHOLD, fault { it.replace("-0.5", "\"NaN\"") })
        assertEquals(BundleFault.THRESHOLD, fault { it.replace("\"SIGNAL_MIN_LOG_PROB\"", "-7") })
    }
}
