package dev.upcall.core.redaction

import dev.upcall.core.RedactionError
import dev.upcall.core.UpcallError
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.io.FileNotFoundException

/** Reads the files of proto/rules, which every language shares. */
internal object RuleFiles {
    private const val FOLDER = "/dev/upcall/core/rules/"

    /**
     * One file of proto/rules, parsed.
     *
     * @throws FileNotFoundException it is not there.
     * @throws IllegalArgumentException it is no JSON object.
     */
    fun read(name: String): JsonObject {
        val stream = RuleFiles::class.java.getResourceAsStream(FOLDER + name) ?: throw FileNotFoundException(name)
        return Json.parseToJsonElement(stream.use { it.readBytes().decodeToString() }).jsonObject
    }
}

/**
 * What [read] makes of the rules, or the error for rules that are missing or damaged, so that nothing leaves.
 *
 * @param subject what cannot be read, at the beginning of a sentence.
 * @throws RedactionError a file is missing or does not follow its schema; only the type of the cause is told.
 */
internal inline fun <T> readingRules(subject: String, read: () -> T): T = try {
    read()
} catch (error: UpcallError) {
    throw error
} catch (error: Exception) {
    throw unreadable(subject, error)
}

/** The error for rules that are missing or damaged; of the cause only the type is told. */
internal fun unreadable(subject: String, error: Exception): RedactionError =
    RedactionError("$subject cannot be read (${error::class.java.simpleName}).", nextStep = "install upcall again")

/** A list of texts of a rule file. */
internal fun JsonObject.texts(key: String): List<String> = getValue(key).jsonArray.map { it.jsonPrimitive.content }

/** A list of texts that a rule file may lack. */
internal fun JsonObject.optionalTexts(key: String): List<String> = if (key in this) texts(key) else emptyList()

/** A text of a rule file. */
internal fun JsonObject.text(key: String): String = getValue(key).jsonPrimitive.content
