package dev.upcall.core

import dev.upcall.core.decision.Bucket
import dev.upcall.core.decision.CallPrices
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.Callable
import java.util.concurrent.Executors
import kotlin.io.path.exists
import kotlin.io.path.readText
import kotlin.io.path.writeText
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue

class FileBudgetTest {
    @TempDir
    lateinit var folder: Path

    private var nowS = 1_000_000.0

    private fun budget(calls: Double? = null, money: Double? = null): FileBudget {
        val budget = FileBudget(folder.resolve("budget.json")) { nowS }
        budget.write(
            Allowance(
                calls = calls?.let { Bucket.full(it, nowS) },
                money = money?.let { Bucket.full(it, nowS) },
                prices = CallPrices(perCall = 0.01, perMillionInputTokens = 10.0, perMillionOutputTokens = 100.0),
            ),
        )
        return budget
    }

    @Test
    fun `no file sets no limit and makes none`() {
        val budget = FileBudget(folder.resolve("none/budget.json")) { nowS }
        assertFalse(budget.state(1000, 100).isSpent)
        assertEquals(0.0, budget.reserve(1000, 100))
        budget.settle(0.0, 1000, 100)
        budget.release(0.0)
        assertFalse(folder.resolve("none").exists())
    }

    @Test
    fun `a call is taken and settled by what it cost`() {
        val budget = budget(calls = 2.0, money = 1.0)
        val reserved = assertNotNull(budget.reserve(1000, 100))
        assertEquals(0.03, reserved, 1e-12)
        assertEquals(0.97, budget.read().money!!.left, 1e-9)
        budget.settle(reserved, 500, 10)
        assertEquals(0.984, budget.read().money!!.left, 1e-9)
        assertEquals(1.0, budget.read().calls!!.left)
    }

    @Test
    fun `a call that brought nothing is given back`() {
        val budget = budget(calls = 2.0, money = 1.0)
        budget.release(assertNotNull(budget.reserve(1000, 100)))
        assertEquals(2.0, budget.read().calls!!.left)
        assertEquals(1.0, budget.read().money!!.left)
    }

    @Test
    fun `a clock that was set back gives nothing, and it refills from then on`() {
        val budget = budget(calls = 1.0)
        budget.reserve(1, 1)
        nowS -= 10 * 86_400
        assertTrue(budget.state(1, 1).isSpent)
        nowS += 86_400
        assertFalse(budget.state(1, 1).isSpent)
    }

    @Test
    fun `it refills and is spent again`() {
        val budget = budget(calls = 1.0)
        assertNotNull(budget.reserve(1, 1))
        assertNull(budget.reserve(1, 1))
        nowS += 86_400
        assertNotNull(budget.reserve(1, 1))
    }

    @Test
    fun `threads and programs share one budget`() {
        budget(calls = 5.0)
        val threads = Executors.newFixedThreadPool(8)
        val one = Callable { FileBudget(folder.resolve("budget.json")) { nowS }.reserve(1, 1) }
        val taken = threads.invokeAll(List(12) { one }).map { it.get() }
        threads.shutdown()
        assertEquals(5, taken.count { it != null })
    }

    @Test
    fun `what is no budget is refused, left as it is, and counts as spent`() {
        val path = folder.resolve("budget.json")
        val damaged =
            listOf(
                "",
                "{",
                "[]",
                "null",
                """{"version": 2, "calls": null, "money": null, "prices": {}}""",
                """{"version": 1, "calls": null, "money": null}""",
                """{"version": 1, "calls": 5, "money": null, "prices": {}}""",
                """{"version": 1, "calls": {"per_day": 1, "left": 2, "updated_at_s": 0}, "money": null, "prices": {}}""",
                """{"version": 1, "calls": {"per_day": NaN, "left": 0, "updated_at_s": 0}, "money": null, "prices": {}}""",
                """{"version": 1, "calls": {"per_day": "9", "left": 0, "updated_at_s": 0}, "money": null, "prices": {}}""",
                """{"version": 1, "calls": null, "money": null, "prices": {"per_call": -1}}""",
                "[".repeat(9_000),
            )
        for (content in damaged) {
            path.writeText(content)
            val budget = FileBudget(path) { nowS }
            assertFailsWith<InputError>(content.take(80)) { budget.read() }
            assertFailsWith<InputError> { budget.reserve(1, 1) }
            assertTrue(budget.state(1, 1).isSpent)
            assertEquals(content, path.readText())
        }
        FileBudget(path) { nowS }.write(Allowance())
        assertFalse(FileBudget(path).state(1, 1).isSpent)
    }

    @Test
    fun `it is set by what is left, and anew where it is damaged`() {
        val budget = budget(calls = 2.0)
        assertNotNull(budget.reserve(1, 1))
        budget.update { it.copy(calls = it.calls!!.copy(perDay = 5.0)) }
        assertEquals(Bucket(5.0, 1.0, nowS), budget.read().calls)
        folder.resolve("budget.json").writeText("{")
        budget.update { it.copy(calls = Bucket.full(3.0, nowS)) }
        assertEquals(Allowance(calls = Bucket(3.0, 3.0, nowS)), budget.read())
    }

    @Test
    fun `a folder that cannot be made is told`() {
        Files.writeString(folder.resolve("file"), "")
        assertFailsWith<OutputError> { FileBudget(folder.resolve("file/budget.json")).write(Allowance()) }
    }
}
