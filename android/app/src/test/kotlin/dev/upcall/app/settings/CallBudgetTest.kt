package dev.upcall.app.settings

import dev.upcall.core.OutputError
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import java.io.File

private const val HOUR_S = 3_600.0

class CallBudgetTest {
    @get:Rule
    val folder = TemporaryFolder()

    private var nowS = 1_800_000_000.0
    private val file by lazy { File(folder.root, "budget.json") }
    private val budget by lazy { CallBudget(file.toPath()) { nowS } }

    private fun call(times: Int = 1) = repeat(times) { assertNotNull(budget.file.reserve(1, 1)) }

    private fun left() = budget.callsLeft()!!

    @Test
    fun `no limit makes no file`() {
        budget.limit(null)
        assertNull(budget.callsLeft())
        assertFalse(file.exists())
    }

    @Test
    fun `a limit gives so many calls and no more`() {
        budget.limit(2)
        call(2)
        assertNull(budget.file.reserve(1, 1))
        nowS += 12 * HOUR_S
        call()
        assertNull(budget.file.reserve(1, 1))
    }

    @Test
    fun `the same limit again gives nothing`() {
        budget.limit(2)
        call(2)
        budget.limit(2)
        assertEquals(0.0, left(), 1e-9)
        budget.limit(0)
        budget.limit(0)
        assertEquals(0.0, left(), 1e-9)
    }

    @Test
    fun `another limit gives the difference`() {
        budget.limit(20)
        call(15)
        budget.limit(22)
        assertEquals(7.0, left(), 1e-9)
        budget.limit(3)
        assertEquals(0.0, left(), 1e-9)
        assertNull(budget.file.reserve(1, 1))
        budget.limit(20)
        assertEquals(5.0, left(), 1e-9)
    }

    @Test
    fun `a clock that is set back gives no more calls`() {
        budget.limit(2)
        call(2)
        nowS -= 48 * HOUR_S
        assertEquals(0.0, left(), 1e-9)
        budget.limit(2)
        assertNull(budget.file.reserve(1, 1))
        nowS += HOUR_S
        assertEquals(2.0 / 24, left(), 1e-9)
    }

    @Test
    fun `a damaged file begins with nothing left and refills`() {
        file.writeText("{\"version\": 1, \"calls\":")
        assertEquals(0.0, left(), 1e-9)
        assertNull(budget.file.state(1, 1).takeUnless { it.isSpent })
        budget.limit(24)
        assertEquals(0.0, left(), 1e-9)
        nowS += HOUR_S
        assertEquals(1.0, left(), 1e-9)
    }

    @Test
    fun `a limit that cannot be written is told`() {
        folder.root.deleteRecursively()
        folder.root.writeText("a file where the folder was")
        assertThrows(OutputError::class.java) { budget.limit(2) }
    }
}
