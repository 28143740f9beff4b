package dev.upcall.core.redaction

import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

private val files by lazy { readingRules("The redaction rules") { RuleFiles.read("limits.json") } }

/**
 * The numbers of one subject, by name, from proto/rules/limits.json: how far a word reaches, how long a value may be.
 *
 * Numbers that the file counts in characters are code points.
 *
 * @throws dev.upcall.core.RedactionError the file is missing, damaged, or has no such subject.
 */
internal fun limits(subject: String): Map<String, Int> = readingRules("The redaction rules") {
    files.getValue(subject).jsonObject.mapValues { (_, number) -> number.jsonPrimitive.int }
}
