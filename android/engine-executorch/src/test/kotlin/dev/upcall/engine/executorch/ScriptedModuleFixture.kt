package dev.upcall.engine.executorch

/** A small, exact stand-in for a program: a cache of tokens inside, logits that depend on all of them. */
internal class ScriptedModule(
    override val methods: Set<String> = setOf("forward", "route_post"),
    private val fails: (String) -> RuntimeException? = { null },
) : ModuleCalls {
    val calls = mutableListOf<String>()
    private val cache = LongArray(CONTEXT)

    override fun loadMethod(method: String) = called("load $method")

    override fun forward(tokens: LongArray, position: Long): List<FloatArray> {
        called("forward ${tokens.size} at $position")
        tokens.copyInto(cache, position.toInt())
        val end = position.toInt() + tokens.size
        val rows = minOf(tokens.size, 8)
        val logits =
            FloatArray(rows * VOCABULARY) { number ->
                val seen = cache.take(end - rows + 1 + number / VOCABULARY)
                (seen.fold(7L) { sum, token -> (sum * 31 + token) % 1_009 } + number % VOCABULARY).toFloat()
            }
        return listOf(logits, FloatArray(HIDDEN) { end.toFloat() }, FloatArray(HIDDEN) { -end.toFloat() })
    }

    override fun route(method: String, features: FloatArray): List<FloatArray> {
        called(method)
        return listOf(floatArrayOf(minOf(0f, features[0])))
    }

    override fun close() = called("close")

    private fun called(what: String) {
        calls += what
        fails(what)?.let { throw it }
    }
}

internal const val CONTEXT = 20
internal const val VOCABULARY = 11
internal const val HIDDEN = 4
