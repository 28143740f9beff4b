package dev.upcall.engine.executorch

import org.pytorch.executorch.EValue
import org.pytorch.executorch.Module
import org.pytorch.executorch.Tensor
import java.nio.file.Path

/** What the engine asks of a program: little enough that all else runs without the native library. */
internal interface ModuleCalls : AutoCloseable {
    /** Names of the program's methods. */
    val methods: Set<String>

    /** Makes a method ready; the first call of one that is not would do so. */
    fun loadMethod(method: String)

    /** Calls `forward`: copies of what it gives, in order. */
    fun forward(tokens: LongArray, position: Long): List<FloatArray>

    /** Calls the method of a router head: copies of what it gives, in order. */
    fun route(method: String, features: FloatArray): List<FloatArray>
}

/**
 * ExecuTorch's own module. It maps the file, so weights are read when they are needed and leave memory under pressure.
 *
 * The outputs are memory of the module, which its next call writes into: they are copied.
 *
 * @param threads of the process's one pool: the last module made sets it.
 */
internal class NativeModule(model: Path, threads: Int) : ModuleCalls {
    private val module = Module.load(model.toString(), Module.LOAD_MODE_MMAP, threads)

    override val methods: Set<String> = module.methods.toSet()

    override fun loadMethod(method: String): Unit = module.loadMethod(method)

    override fun forward(tokens: LongArray, position: Long): List<FloatArray> = call(
        "forward",
        Tensor.fromBlob(tokens, longArrayOf(1, tokens.size.toLong())),
        Tensor.fromBlob(longArrayOf(position), longArrayOf(1)),
    )

    override fun route(method: String, features: FloatArray): List<FloatArray> =
        call(method, Tensor.fromBlob(features, longArrayOf(1, features.size.toLong())))

    override fun close(): Unit = module.close()

    private fun call(method: String, vararg inputs: Tensor): List<FloatArray> =
        module.execute(method, *inputs.map { EValue.from(it) }.toTypedArray()).map { it.toTensor().dataAsFloatArray }
}
