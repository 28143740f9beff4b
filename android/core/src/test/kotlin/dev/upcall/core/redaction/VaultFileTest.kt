package dev.upcall.core.redaction

import dev.upcall.core.InputError
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.PosixFilePermissions
import javax.crypto.spec.SecretKeySpec
import kotlin.test.assertContains
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertNull

class VaultFileTest {
    @TempDir
    lateinit var folder: Path

    private val value = "ann.lee@example.com"
    private val path get() = folder.resolve("v")
    private val key get() = folder.resolve("home/vault.key")

    private fun keep(vararg values: String): List<String> = openVault(path, key).use { vault ->
        values.map { vault.placeholder(EntityType.EMAIL, it) }
    }

    private fun refusal(block: () -> Unit): String {
        val error = assertFailsWith<InputError> { block() }
        assertNull(error.cause)
        return error.problem
    }

    @Test
    fun `goes on from turn to turn`() {
        val first = keep(value).single()
        val strange = "\uD800 \u0000 😀 \"\\\n"
        openVault(path, key).use { vault ->
            vault.reserve("[[EMAIL_2_${vault.nonce}]]")
            vault.placeholder(EntityType.SECRET, strange)
            vault.placeholder(EntityType.CREDIT_CARD, "4111111111111111", isNumber = true)
        }
        assertEquals(listOf(first, first.replace("_1_", "_3_")), keep(value, "b@example.com"))
        val vault = readVault(path, key)
        assertEquals("$value $strange", vault.restore("$first [[SECRET_1_${vault.nonce}]]"))
        assertEquals(
            VaultEntry(EntityType.CREDIT_CARD, "4111111111111111", isNumber = true),
            vault.entry("[[CREDIT_CARD_1_${vault.nonce}]]"),
        )
    }

    @Test
    fun `nothing of it stands on disk, and its files are its owner's alone`() {
        keep(value)
        val written = String(Files.readAllBytes(path), Charsets.ISO_8859_1)
        assertFalse(value in written || "EMAIL" in written)
        for (file in listOf(path, key)) {
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        }
        val names = Files.list(folder).use { files -> files.map { "${it.fileName}" }.sorted().toList() }
        assertEquals(listOf("home", "v", "v.lock"), names)
    }

    @Test
    fun `the same contents never look the same`() {
        keep(value)
        val before = Files.readAllBytes(path)
        keep(value)
        assertFalse(before.contentEquals(Files.readAllBytes(path)))
    }

    @Test
    fun `a key that stays in a key store is taken`() {
        val own = SecretKeySpec(ByteArray(32) { it.toByte() }, "AES")
        val minted = openVault(path, own).use { it.placeholder(EntityType.EMAIL, value) }
        assertEquals(value, readVault(path, own).restore(minted))
    }

    @Test
    fun `what another language wrote is read`() {
        val file = checkNotNull(javaClass.getResourceAsStream("vault")).use { it.readBytes() }
        Files.write(path, file)
        val vault = readVault(path, SecretKeySpec(ByteArray(32) { it.toByte() }, "AES"))
        assertEquals(
            listOf(
                VaultEntry(EntityType.EMAIL, value),
                VaultEntry(EntityType.SECRET, "\uD800 \u0000 😀 \"", isNumber = true),
            ),
            vault.values,
        )
        assertEquals("[[EMAIL_3_k7]]", vault.placeholder(EntityType.EMAIL, "b@example.com"))
    }

    @Test
    fun `a damaged file is told, and not written over`() {
        keep(value)
        val whole = Files.readAllBytes(path)
        val damaged =
            listOf(0, 5, 12, 20, 24, whole.size - 1).map { place ->
                whole.copyOf().also { it[place] = (it[place].toInt() xor 1).toByte() }
            } + listOf(0, 3, 12, 30).map(whole::copyOf)
        for (data in damaged) {
            Files.write(path, data)
            assertContains(refusal { readVault(path, key) }, Regex("damaged|no vault"))
            assertContains(refusal { keep(value) }, Regex("damaged|no vault"))
            assertContentEquals(data, Files.readAllBytes(path))
        }
    }

    @Test
    fun `another key is told, and a lost one is not replaced`() {
        keep(value)
        Files.write(key, ByteArray(32))
        assertContains(refusal { readVault(path, key) }, "another key")
        Files.delete(key)
        assertContains(refusal { keep(value) }, "vault.key")
        assertFalse(Files.exists(key))
    }

    @Test
    fun `a key of another length or open to others is refused`() {
        keep(value)
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"))
        assertContains(refusal { readVault(path, key) }, "read by others")
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"))
        Files.write(key, "short".encodeToByteArray())
        assertContains(refusal { readVault(path, key) }, "damaged")
    }

    @Test
    fun `an empty key is made anew where no vault can belong to it`() {
        keep(value)
        Files.write(key, ByteArray(0))
        assertContains(refusal { keep(value) }, "damaged")
        Files.delete(path)
        assertEquals(1, keep(value).size)
    }

    @Test
    fun `only one has it at a time`() {
        openVault(path, key).use { assertContains(refusal { keep(value) }, "in use") }
        assertEquals(1, keep(value).size)
    }

    @Test
    fun `a link and its target are one vault, and hard links are none`() {
        keep(value)
        val link = Files.createSymbolicLink(folder.resolve("link"), path)
        openVault(path, key).use { assertContains(refusal { openVault(link, key) }, "in use") }
        Files.createLink(folder.resolve("hard"), path)
        assertContains(refusal { keep(value) }, "2 names")
    }

    @Test
    fun `kept also when the work fails, and saved on the way`() {
        var minted = ""
        assertFailsWith<IllegalStateException> {
            openVault(path, key).use { vault ->
                minted = vault.placeholder(EntityType.EMAIL, value)
                vault.save()
                assertEquals(value, readVault(path, key).restore(minted))
                vault.placeholder(EntityType.EMAIL, "b@example.com")
                error("The work fails.")
            }
        }
        assertEquals("$value b@example.com", readVault(path, key).restore("$minted ${minted.replace("_1_", "_2_")}"))
    }

    @Test
    fun `paths that cannot be are told`() {
        assertContains(refusal { readVault(folder.resolve("none"), key) }, "no vault")
        assertContains(refusal { openVault(folder.resolve("no/folder/v"), key) }, "cannot be used")
        assertContains(refusal { openVault(folder, key) }, "is a folder")
    }
}
