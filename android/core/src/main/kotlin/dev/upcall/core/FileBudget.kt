package dev.upcall.core

import dev.upcall.core.decision.Bucket
import dev.upcall.core.decision.BudgetState
import dev.upcall.core.decision.CallPrices
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.double
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.put
import java.io.IOException
import java.io.InputStream
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.NoSuchFileException
import java.nio.file.Path
import java.nio.file.StandardCopyOption
import java.nio.file.StandardOpenOption

private const val VERSION = 1
private const val MOST_BYTES = 10_000

/**
 * What may be spent, as it is written down.
 *
 * @property calls how many; null sets no limit.
 * @property money in the currency of the prices; null sets no limit.
 * @property prices what the cloud charges.
 */
public data class Allowance(
    public val calls: Bucket? = null,
    public val money: Bucket? = null,
    public val prices: CallPrices = CallPrices(),
) {
    /** After so much was taken at that time. */
    public fun taken(calls: Int, money: Double, nowS: Double): Allowance =
        copy(calls = this.calls?.taken(calls.toDouble(), nowS), money = this.money?.taken(money, nowS))

    /** What the decision may know, for a call of at most so many tokens. */
    public fun state(inputTokens: Int, outputTokens: Int): BudgetState =
        BudgetState(calls?.left, money?.left, prices.cost(inputTokens, outputTokens))
}

/**
 * The budget of calls, kept in a file that all programs of one user share: its one owner.
 *
 * Each change is made under a lock and takes the file's place in one step. Its form is that of Python's `budget.json`.
 *
 * @param path of the file; one that is missing sets no limit.
 * @param nowS the clock, seconds since 1970.
 */
public class FileBudget(
    private val path: Path,
    private val nowS: () -> Double = { System.currentTimeMillis() / 1e3 },
) : Budget {
    /**
     * What is left now.
     *
     * @throws InputError the file is no budget; it is left as it is.
     */
    public fun read(): Allowance = kept().taken(0, 0.0, nowS())

    /**
     * Set what may be spent from now on.
     *
     * @throws OutputError the file cannot be written.
     */
    public fun write(allowance: Allowance): Unit = update { allowance }

    /**
     * Set what may be spent from now on by what is left: no call is taken meanwhile. A damaged file sets no limit.
     *
     * @throws OutputError the file cannot be written.
     */
    public fun update(change: (Allowance) -> Allowance): Unit = locked {
        val before =
            try {
                read()
            } catch (_: InputError) {
                Allowance()
            }
        replace(change(before))
    }

    override fun state(inputTokens: Int, outputTokens: Int): BudgetState = try {
        val kept = kept()
        val now = nowS()
        followClock(kept, now)
        kept.taken(0, 0.0, now).state(inputTokens, outputTokens)
    } catch (_: UpcallError) {
        BudgetState.SPENT
    }

    override fun reserve(inputTokens: Int, outputTokens: Int): Double? {
        if (!Files.exists(path)) return 0.0
        return locked {
            val kept = read()
            val state = kept.state(inputTokens, outputTokens)
            if (state.isSpent) return@locked null
            replace(kept.taken(1, state.callCost, nowS()))
            state.callCost
        }
    }

    override fun settle(reserved: Double, inputTokens: Int, outputTokens: Int) {
        change { it.taken(0, it.prices.cost(inputTokens, outputTokens) - reserved, nowS()) }
    }

    override fun release(reserved: Double) {
        change { it.taken(-1, -reserved, nowS()) }
    }

    /** After the clock was set back, goes on from now: a spent budget would else not refill before the old time comes again. */
    private fun followClock(kept: Allowance, now: Double) {
        if (listOfNotNull(kept.calls, kept.money).none { it.updatedAtS > now }) return
        try {
            change { it }
        } catch (_: OutputError) {
            return // what is left can be told all the same
        }
    }

    private fun change(change: (Allowance) -> Allowance) {
        if (Files.exists(path)) locked { replace(change(read())) }
    }

    private fun kept(): Allowance {
        val content =
            try {
                Files.newInputStream(path).use { it.readUpTo(MOST_BYTES) }
            } catch (_: NoSuchFileException) {
                return Allowance()
            } catch (error: IOException) {
                throw InputError("The budget $path cannot be read: ${error.javaClass.simpleName}.")
            }
        return try {
            parsed(Json.parseToJsonElement(content.decodeToString(throwOnInvalidSequence = true)).jsonObject)
        } catch (_: Exception) {
            // whatever it holds in place of a budget
            throw InputError("$path is no budget.", nextStep = "set it anew, or delete the file to set no limit")
        }
    }

    private fun InputStream.readUpTo(limit: Int): ByteArray = ByteArray(limit).let { buffer ->
        var length = 0
        while (length < buffer.size) {
            val count = read(buffer, length, buffer.size - length)
            if (count < 0) break
            length += count
        }
        buffer.copyOf(length)
    }

    private fun replace(allowance: Allowance) {
        val growing = Files.createTempFile(path.toAbsolutePath().parent, ".budget", ".new") // for its owner alone
        try {
            Files.write(growing, written(allowance).toString().encodeToByteArray())
            Files.move(growing, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING)
        } finally {
            Files.deleteIfExists(growing)
        }
    }

    private fun <T> locked(block: () -> T): T = synchronized(THREADS) {
        try {
            val absolute = path.toAbsolutePath()
            Files.createDirectories(absolute.parent)
            val lock = absolute.resolveSibling(absolute.fileName.toString().substringBeforeLast('.') + ".lock")
            FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE).use { channel ->
                channel.lock().use { block() }
            }
        } catch (error: IOException) {
            throw OutputError("The budget $path cannot be written: ${error.javaClass.simpleName}.")
        }
    }

    private companion object {
        /** Threads of this program; a lock on a file keeps out other programs only. */
        val THREADS = Any()
    }
}

private fun written(allowance: Allowance): JsonObject = buildJsonObject {
    put("version", VERSION)
    put("calls", allowance.calls.written())
    put("money", allowance.money.written())
    put(
        "prices",
        buildJsonObject {
            put("per_call", allowance.prices.perCall)
            put("per_million_input_tokens", allowance.prices.perMillionInputTokens)
            put("per_million_output_tokens", allowance.prices.perMillionOutputTokens)
        },
    )
}

private fun Bucket?.written(): JsonElement {
    val bucket = this ?: return JsonNull
    return buildJsonObject {
        put("per_day", bucket.perDay)
        put("left", bucket.left)
        put("updated_at_s", bucket.updatedAtS)
    }
}

private fun parsed(given: JsonObject): Allowance {
    require(given.getValue("version").jsonPrimitive.int == VERSION)
    val prices = given.getValue("prices").jsonObject
    return Allowance(
        calls = bucket(given.getValue("calls")),
        money = bucket(given.getValue("money")),
        prices =
            CallPrices(
                prices.number("per_call") ?: 0.0,
                prices.number("per_million_input_tokens") ?: 0.0,
                prices.number("per_million_output_tokens") ?: 0.0,
            ),
    )
}

private fun bucket(given: JsonElement): Bucket? {
    if (given is JsonNull) return null
    val numbers = given.jsonObject
    return Bucket(
        requireNotNull(numbers.number("per_day")),
        requireNotNull(numbers.number("left")),
        requireNotNull(numbers.number("updated_at_s")),
    )
}

private fun JsonObject.number(key: String): Double? {
    val found: JsonPrimitive = get(key)?.jsonPrimitive ?: return null
    require(!found.isString)
    return found.double
}
