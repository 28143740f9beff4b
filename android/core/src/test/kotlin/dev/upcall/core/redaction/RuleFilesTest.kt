package dev.upcall.core.redaction

import dev.upcall.core.InputError
import dev.upcall.core.RedactionError
import dev.upcall.core.conformance.proto
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonObject
import java.io.FileNotFoundException
import java.nio.file.Files
import java.nio.file.Path
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

class RuleFilesTest {
    @Test
    fun `the files of the library are those of the protocol`() {
        val names = Files.list(proto.resolve("rules")).use { files -> files.map { it.fileName.toString() }.toList() }
        for (name in names.filter { it.endsWith(".json") }) {
            val stream = RuleFiles::class.java.getResourceAsStream("/dev/upcall/core/rules/$name")!!
            assertEquals(Files.readString(proto.resolve("rules/$name")), stream.use { it.readBytes().decodeToString() })
        }
    }

    @Test
    fun `a file that is not there is an error that ends asking`() {
        assertFailsWith<FileNotFoundException> { RuleFiles.read("nothing.json") }
        val error = assertFailsWith<RedactionError> { readingRules("The rules") { RuleFiles.read("nothing.json") } }
        assertEquals("The rules cannot be read (FileNotFoundException).", error.problem)
        assertEquals("install upcall again", error.nextStep)
    }

    @Test
    fun `rules that lack a part fail closed, and only the type of the cause is told`() {
        val broken = JsonObject(mapOf("rules_version" to JsonPrimitive("private words")))
        val error = assertFailsWith<RedactionError> { rulesFrom { broken } }
        assertContains(error.problem, "(NoSuchElementException)")
        assertFailsWith<RedactionError> { rulesFrom { throw FileNotFoundException("x") } }
    }

    @Test
    fun `an error of another kind passes`() {
        assertFailsWith<InputError> { readingRules("The rules") { throw InputError("no") } }
    }

    @Test
    fun `every number of the file is used by its name, and an unknown subject fails closed`() {
        val sources =
            Files.walk(proto.resolveSibling("android/core/src/main/kotlin/dev/upcall/core")).use { paths ->
                paths.filter { it.toString().endsWith(".kt") }.map(Path::toFile).toList().joinToString { it.readText() }
            }
        for ((subject, numbers) in RuleFiles.read("limits.json")) {
            if (subject == "comment") continue
            assertEquals(numbers.jsonObject.mapValues { it.value.toString().toInt() }, limits(subject))
            val names = numbers.jsonObject.keys + subject
            assertEquals(emptyList(), names.filter { "\"$it\"" !in sources }, subject)
        }
        assertFailsWith<RedactionError> { limits("comment") }
        assertFailsWith<RedactionError> { limits("nothing") }
    }
}
