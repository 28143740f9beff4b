package dev.upcall.engine.onnx

import dev.upcall.core.EngineError
import dev.upcall.core.decision.AnswerFeatures
import dev.upcall.core.languagemodel.Engine
import dev.upcall.core.languagemodel.RouterStage
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.util.concurrent.CountDownLatch
import kotlin.concurrent.thread
import kotlin.math.abs
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.test.assertTrue

private const val ANSWER_TOKENS = 32

/** On the real weights, against Python's engine of another version of ONNX Runtime. */
class OnnxEngineOfTheDeviceModelTest {
    private class Answer(given: JsonObject) {
        val prompt = given.ints("prompt")
        val tokens = given.ints("tokens")
        val margin = given.getValue("margin").jsonPrimitive.content.toDouble()
        val heads = given.getValue("heads").jsonObject.map { (stage, said) ->
            Said(
                RouterStage.entries.single { it.value == stage },
                said.jsonObject.list("features").map { it.jsonPrimitive.content.toFloat() }.toFloatArray(),
                said.jsonObject.getValue("score").jsonPrimitive.content.toDouble(),
            )
        }
    }

    private class Said(val stage: RouterStage, val features: FloatArray, val score: Double)

    private fun engine() = OnnxEngine(
        deviceBundle().resolve("model.onnx"),
        reference.int("context_length"),
        reference.int("vocabulary_size"),
    )

    private fun Engine.greedy(prompt: IntArray, count: Int, features: AnswerFeatures = AnswerFeatures()): List<Int> {
        truncate(0)
        var tokens = prompt
        return List(count) {
            val step = forward(tokens)
            val best = step.logits.indices.maxBy { place -> step.logits[place] }
            features.add(step, best)
            tokens = intArrayOf(best)
            best
        }
    }

    @Test
    fun `it answers and judges as Python does`(): Unit = engine().use { engine ->
        println("Python's engine: ${reference.getValue("version")}, ours: ${OnnxRuntime.environment.version}")
        for (answer in answers) {
            val features = AnswerFeatures()
            val found = engine.greedy(answer.prompt, ANSWER_TOKENS, features)
            assertEquals(answer.tokens.toList(), found, "least margin of a token: ${answer.margin}")
            assertEquals(2, answer.heads.size)
            for (said in answer.heads) {
                assertEquals(said.score, engine.route(said.stage, said.features), 1e-5)
                val own = when (said.stage) {
                    RouterStage.PRE -> features.pre(answer.prompt.size)
                    RouterStage.POST -> features.post(isComplete = false)
                }
                assertEquals(said.score, engine.route(said.stage, own), 1e-4)
            }
        }
    }

    @Test
    fun `two models answer at once`(): Unit = engine().use { one ->
        engine().use { other ->
            val found = arrayOfNulls<List<Int>>(2)
            val threads = listOf(one, other).mapIndexed { place, engine ->
                thread { found[place] = engine.greedy(answers[place].prompt, 16) }
            }
            threads.forEach { it.join() }
            for (place in 0..1) assertEquals(answers[place].tokens.take(16), found[place])
        }
    }

    @Test
    fun `a prefill that is interrupted ends early and leaves the cache as it was`(): Unit = engine().use { engine ->
        val answer = answers[0]
        val held = answer.prompt.copyOf(answer.prompt.size - 1)
        engine.forward(held)
        val long = IntArray(2000) { 28 }
        val began = System.nanoTime()
        engine.forward(long)
        val whole = System.nanoTime() - began
        engine.truncate(held.size)
        val (late, error) = stopped(engine, long, afterNanos = whole / 4) { it.interrupt() }
        assertIs<InterruptedException>(error)
        assertTrue(late < whole / 3, "stopped after ${late / 1_000_000} ms of ${whole / 1_000_000}")
        assertEquals(held.size, engine.position)
        val logits = engine.forward(intArrayOf(answer.prompt.last())).logits
        assertEquals(answer.tokens[0], logits.indices.maxBy { logits[it] })
    }

    @Test
    fun `an engine that is closed in mid-prefill ends it`() {
        val engine = engine()
        val (_, error) = stopped(engine, IntArray(2000) { 28 }, afterNanos = 100_000_000) { engine.close() }
        assertContains(assertIs<EngineError>(error).problem, "closed")
        assertFailsWith<EngineError> { engine.forward(intArrayOf(1)) }
    }

    @Test
    fun `a step copies no keys and values`(): Unit = engine().use { engine ->
        fun millis(count: Int): Double {
            val began = System.nanoTime()
            repeat(count) { engine.forward(intArrayOf(28)) }
            return (System.nanoTime() - began) / 1e6 / count
        }
        engine.forward(IntArray(300) { 28 }) // room for 512
        millis(20)
        val short = (1..3).minOf { millis(10) }
        engine.forward(IntArray(7000) { 28 }) // 14 times as many places
        engine.truncate(400)
        val large = (1..3).minOf { millis(10) }
        assertTrue(large < 2 * short, "$large ms in place of $short")
    }

    @Test
    fun `cutting back equals reading anew`(): Unit = engine().use { engine ->
        val prompt = answers[1].prompt
        engine.forward(prompt + answers[2].prompt)
        engine.truncate(prompt.size / 2)
        val found = engine.forward(prompt.copyOfRange(prompt.size / 2, prompt.size)).logits.copyOf()
        engine.truncate(0)
        engine.forward(prompt.copyOf(prompt.size / 2))
        val wanted = engine.forward(prompt.copyOfRange(prompt.size / 2, prompt.size)).logits
        assertContentEquals(wanted, found)
    }

    /** How long a step runs on once it is stopped, and what it throws. */
    private fun stopped(
        engine: Engine,
        tokens: IntArray,
        afterNanos: Long,
        stop: (Thread) -> Unit,
    ): Pair<Long, Throwable?> {
        val begun = CountDownLatch(1)
        var error: Throwable? = null
        val worker = thread {
            begun.countDown()
            error = runCatching { engine.forward(tokens) }.exceptionOrNull()
        }
        begun.await()
        Thread.sleep(afterNanos / 1_000_000)
        val at = System.nanoTime()
        stop(worker)
        worker.join()
        return System.nanoTime() - at to error
    }

    private companion object {
        val reference: JsonObject by lazy {
            val prompts = JsonArray(PROMPTS.map { JsonPrimitive(it) }).toString()
            val bundle = deviceBundle().toString()
            Json.parseToJsonElement(python("answer_greedily.py", bundle, "$ANSWER_TOKENS", input = prompts)).jsonObject
        }
        val answers: List<Answer> by lazy { reference.list("answers").map { Answer(it.jsonObject) } }

        fun JsonObject.list(key: String): JsonArray = getValue(key).jsonArray

        fun JsonObject.ints(key: String): IntArray = list(key).map { it.jsonPrimitive.content.toInt() }.toIntArray()

        fun JsonObject.int(key: String): Int = getValue(key).jsonPrimitive.content.toInt()
    }
}

private val PROMPTS = listOf(
    "What is the capital of France?",
    "Explain in detail how a bicycle stays upright.",
    "Write a haiku about rain.",
    "What is 17 times 23?",
    "Translate 'good morning' into Spanish, French and German.",
    "Give me three names for a cat.",
    "def fibonacci(n):",
    "Why is the sky blue? One sentence.",
    "Summarise: the meeting moved from Tuesday to Thursday because the room was taken.",
    "{\"name\": \"Ada\", \"age\": 36} Is this valid JSON?",
    "¿Cuál es la capital de España?",
    "日本の首都はどこですか。",
    "List the planets in order.",
    "A train leaves at 10:40 and arrives at 13:05. How long does it take?",
    "What does HTTP 404 mean?",
    "Who wrote Hamlet, and when?",
    "🙂🙃 What do these say?",
    "Fix the grammar: me and him goes to school.",
    "How do I boil an egg?",
    "Sort these numbers: 5, 3, 9, 1.",
    "Tell me a joke about computers.",
    "SELECT name FROM users WHERE age > 30; What does it do?",
    "Is a tomato a fruit?",
    "x",
)
