package dev.upcall.core.redaction

import dev.upcall.core.InputError
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse

class PolicyFileTest {
    @TempDir
    lateinit var folder: Path

    @Test
    fun `all of it is read, behind a byte order mark, too`() {
        val path = folder.resolve("policy.json")
        Files.writeString(
            path,
            "\uFEFF{\"actions\": {\"SECRET\": \"block\", \"EMAIL\": \"allow\"}, \"deny_terms\": [\"Heron\"], " +
                "\"allow_terms\": [\"192.0.2.1\"], \"phone_regions\": [\"DE\"]}",
        )
        val given = readPolicy(path)
        assertEquals(Policy(mapOf(EntityType.SECRET to Action.BLOCK, EntityType.EMAIL to Action.ALLOW)), given.policy)
        assertEquals(listOf("Heron"), given.denyTerms)
        assertEquals(listOf("192.0.2.1"), given.allowTerms)
        assertEquals(listOf("DE"), given.phoneRegions)
        assertFalse("Heron" in given.toString())
        val text = "Heron and kite at 192.0.2.1, 030 1234567"
        val found = given.detector(moreDenyTerms = listOf("Kite")).find(text)
        assertEquals(listOf("Heron", "kite"), found.take(2).map { text.substring(it.start, it.end) })
        assertFalse(found.any { it.entityType == EntityType.IP_ADDRESS })
    }

    @Test
    fun `an empty one masks everything`() {
        val given = parsePolicy("{}")
        assertEquals(Policy(), given.policy)
        assertEquals(emptyList(), given.denyTerms + given.allowTerms)
        assertEquals(null, given.phoneRegions)
    }

    @Test
    fun `what is no policy is refused`() {
        val cases =
            mapOf(
                "" to "not JSON at line 1, column 1",
                "{\n \"é😀\" 1}" to "not JSON at line 2, column 7",
                "{a: 1}" to "not JSON at line 1, column 2",
                "[]" to "not a JSON object",
                "{\"action\": {}}" to "'action'",
                "{\"actions\": []}" to "not an object",
                "{\"actions\": {\"SHOE\": \"mask\"}}" to "SHOE",
                "{\"actions\": {\"EMAIL\": \"drop\"}}" to "drop",
                "{\"actions\": {\"EMAIL\": null}}" to "null",
                "{\"actions\": {\"EMAIL\": [\"mask\"]}}" to "[\"mask\"]",
                "{\"actions\": {\"EMAIL\": \"mask\", \"EM\\u0041IL\": \"allow\"}}" to "'EMAIL' stands twice",
                "{\"deny_terms\": [], \"deny_terms\": []}" to "'deny_terms' stands twice",
                "{\"actions\": {\"mine\": \"mask\", \"mine\": \"mask\"}}" to "A key stands twice",
                "{\"deny_terms\": \"Heron\"}" to "deny_terms",
                "{\"deny_terms\": null}" to "deny_terms",
                "{\"allow_terms\": [1]}" to "allow_terms",
                "{\"unread_script\": \"mask\"}" to "unread_script",
                "{\"unread_script\": {}}" to "unread_script",
                "[".repeat(100_000) to "too deeply",
                "{\"deny_terms\": ${"[".repeat(255)}${"]".repeat(255)}}" to "deny_terms",
            )
        for ((text, expected) in cases) {
            assertContains(assertFailsWith<InputError>(text.take(40)) { parsePolicy(text) }.problem, expected)
        }
    }

    @Test
    fun `a file that cannot be read is told`() {
        assertContains(assertFailsWith<InputError> { readPolicy(folder.resolve("none")) }.problem, "cannot be read")
        val latin = folder.resolve("latin")
        Files.write(latin, "{\"é".encodeToByteArray() + 0xE9.toByte())
        assertContains(assertFailsWith<InputError> { readPolicy(latin) }.problem, "not UTF-8 at byte 4")
        Files.write(latin, byteArrayOf('{'.code.toByte(), 0xC3.toByte()))
        assertContains(assertFailsWith<InputError> { readPolicy(latin) }.problem, "not UTF-8 at byte 1")
    }

    @Test
    fun `terms are checked`() {
        val both = parsePolicy("{\"deny_terms\": [\"a\"], \"allow_terms\": [\"A\"]}")
        assertContains(assertFailsWith<InputError> { both.detector() }.problem, "both denied and allowed")
        assertFailsWith<InputError> { parsePolicy("{\"phone_regions\": [\"XX\"]}").detector() }
    }
}
