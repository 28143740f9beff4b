package dev.upcall.core

import dev.upcall.core.redaction.JsonScanner
import dev.upcall.core.redaction.unescape
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import java.math.BigDecimal

/** What is given is not the message that it should be. */
internal class ProtoJsonException(problem: String) : Exception(problem)

/**
 * A message in proto JSON, which refuses what protobuf's own readers do: unknown fields, other types, a field given twice.
 *
 * Fields are asked for by their names in the contract; lower camel case stands for the same. What is absent or null has its default.
 */
internal class ProtoJson private constructor(given: JsonElement, fields: List<String>) {
    private val values: Map<String, JsonElement> =
        buildMap {
            val names = fields.flatMap { listOf(it to it, camelCase(it) to it) }.toMap()
            for ((key, value) in given as? JsonObject ?: throw ProtoJsonException("a message is no object")) {
                val name = names[key] ?: throw ProtoJsonException("there is a field of no known name")
                if (put(name, value) != null) throw ProtoJsonException("$name is given twice")
            }
        }.filterValues { it !is JsonNull }

    fun has(field: String): Boolean = field in values

    fun text(field: String): String = values[field]?.let { text(it, field) }.orEmpty()

    /** An unsigned number of 32 bits. */
    fun uint(field: String): Long = values[field]?.let { uint(it, field) } ?: 0

    fun ulong(field: String): ULong =
        values[field]?.let { whole(it, field, MAX_ULONG).toBigInteger().toString().toULong() } ?: 0uL

    fun double(field: String): Double {
        val given = values[field] as? JsonPrimitive ?: return if (has(field)) wrong(field) else 0.0
        if (given.isString && given.content in NOT_FINITE) return given.content.toDouble()
        return decimal(given)?.toDouble() ?: wrong(field)
    }

    /** The number of an enum's value: [words] are its values by their numbers from 0 on. Numbers beyond them are kept. */
    fun enum(field: String, words: List<String>): Int {
        val given = values[field] as? JsonPrimitive ?: return if (has(field)) wrong(field) else 0
        if (given.isString && given.content in words) return words.indexOf(given.content)
        return decimal(given)?.let { runCatching { it.intValueExact() }.getOrNull() } ?: wrong(field)
    }

    fun message(field: String, vararg fields: String): ProtoJson? =
        values[field]?.let { ProtoJson(it, fields.asList()) }

    fun messages(field: String, vararg fields: String): List<ProtoJson> =
        list(field).map { ProtoJson(it, fields.asList()) }

    fun uints(field: String): List<Long> = list(field).map { uint(it, field) }

    fun texts(field: String): Map<String, String> {
        val given = values[field] ?: return emptyMap()
        return (given as? JsonObject ?: wrong(field)).mapValues { text(it.value, field) }
    }

    private fun list(field: String): List<JsonElement> {
        val given = values[field] ?: return emptyList()
        return given as? JsonArray ?: wrong(field)
    }

    private fun text(given: JsonElement, field: String): String {
        val text = (given as? JsonPrimitive)?.takeIf { it.isString }?.content ?: wrong(field)
        return if (text.indexOfLoneSurrogate() < 0) text else wrong(field)
    }

    private fun uint(given: JsonElement, field: String): Long = whole(given, field, MAX_UINT).toLong()

    private fun whole(given: JsonElement, field: String, highest: BigDecimal): BigDecimal {
        val number = (given as? JsonPrimitive)?.let(::decimal) ?: wrong(field)
        val isWhole = number.signum() == 0 || number.stripTrailingZeros().scale() <= 0
        return if (isWhole && number >= BigDecimal.ZERO && number <= highest) number else wrong(field)
    }

    /** A number, or a text that is one; of absurd exponents none. */
    private fun decimal(given: JsonPrimitive): BigDecimal? =
        given.content.takeIf { NUMBER.matches(it) }?.toBigDecimalOrNull()

    private fun wrong(field: String): Nothing = throw ProtoJsonException("$field is of another type or out of range")

    companion object {
        private val MAX_UINT = BigDecimal(0xFFFF_FFFFL)
        private val MAX_ULONG = BigDecimal(ULong.MAX_VALUE.toString())
        private val NOT_FINITE = setOf("NaN", "Infinity", "-Infinity")

        // ASCII only, so the same on all platforms.
        private val NUMBER = Regex("-?[0-9]{1,400}(\\.[0-9]{1,400})?([eE][+-]?[0-9]{1,3})?")

        /**
         * Reads the text of a message with these [fields].
         *
         * @throws ProtoJsonException it is none.
         */
        fun read(text: String, vararg fields: String): ProtoJson {
            try {
                KeysOnce(text).scan()
            } catch (error: InputError) {
                throw ProtoJsonException(error.problem)
            }
            return ProtoJson(Json.parseToJsonElement(text), fields.asList())
        }

        private fun camelCase(name: String): String =
            name.split('_').reduce { start, word -> start + word.replaceFirstChar(Char::uppercaseChar) }
    }
}

/** Refuses an object in which a key stands twice. */
private class KeysOnce(private val text: String) : JsonScanner(text) {
    private val keys = mutableListOf<MutableSet<String>>()

    override fun opened(isObject: Boolean) {
        keys.add(mutableSetOf())
    }

    override fun closed() {
        keys.removeAt(keys.lastIndex)
    }

    override fun string(start: Int, end: Int, isKey: Boolean) {
        val isNew = !isKey || keys.last().add(unescape(text.substring(start, end)).text)
        if (!isNew) throw refusal("with a key that stands twice.")
    }

    override fun refusal(problem: String) = InputError("The text is $problem")
}
