package dev.upcall.engine.onnx

import org.junit.jupiter.api.Assumptions.assumeTrue
import java.nio.file.Files
import java.nio.file.Path
import kotlin.io.path.exists

/** A file of the name model that `upcall pull` keeps; the test is left out where there is none. */
internal fun nameModel(name: String): ByteArray {
    val home = System.getenv("UPCALL_HOME") ?: "${System.getProperty("user.home")}/.cache/upcall"
    val file = Path.of(home, "models", "rampart", name)
    assumeTrue(file.exists(), "There is no $file: upcall pull rampart")
    return Files.readAllBytes(file)
}

/** The classifier of the name model, some of its files changed. */
internal fun rampart(
    model: ByteArray = nameModel("model_q4.onnx"),
    tokenizer: ByteArray = nameModel("tokenizer.json"),
    config: ByteArray = nameModel("config.json"),
): RampartClassifier = RampartClassifier(model, tokenizer, config)
