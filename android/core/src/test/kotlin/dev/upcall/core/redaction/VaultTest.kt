package dev.upcall.core.redaction

import dev.upcall.core.InputError
import dev.upcall.core.RedactionError
import org.junit.jupiter.api.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertTrue

class VaultTest {
    private fun contents(vararg numbers: Int) = VaultContents(
        nonce = "k7",
        entries = numbers.mapIndexed { place, number -> Numbered(number, VaultEntry(EntityType.EMAIL, "$place")) },
        reserved = emptyList(),
    )

    @Test
    fun `the same value has the same placeholder`() {
        val vault = Vault("k7")
        assertEquals("[[EMAIL_1_k7]]", vault.placeholder(EntityType.EMAIL, "a@example.com"))
        assertEquals("[[EMAIL_2_k7]]", vault.placeholder(EntityType.EMAIL, "b@example.com"))
        assertEquals("[[SECRET_1_k7]]", vault.placeholder(EntityType.SECRET, "a@example.com"))
        assertEquals("[[EMAIL_1_k7]]", vault.placeholder(EntityType.EMAIL, "a@example.com"))
        assertEquals(3, vault.values.size)
        assertEquals(VaultEntry(EntityType.EMAIL, "a@example.com"), vault.values.first())
    }

    @Test
    fun `two values never share one`() = forRandomTexts(100) {
        val vault = Vault()

        fun entry() = VaultEntry(one(EntityType.entries), characters(), isNumber = number(0, 2) == 0)
        val entries = List(30) { entry() }.distinct()
        val minted = entries.map { vault.placeholder(it.entityType, it.value, it.isNumber) }
        assertEquals(entries.size, minted.distinct().size)
        assertEquals(entries.map { it.value }, minted.map(vault::restore))
        assertEquals(entries, minted.map(vault::entry))
    }

    @Test
    fun `a nonce is random and well formed, and another form is refused`() {
        val nonces = List(200) { Vault().nonce }
        assertTrue(nonces.distinct().size > 50)
        nonces.forEach { assertEquals(it, Vault(it).nonce) }
        assertFailsWith<InputError> { Vault("K7") }
    }

    @Test
    fun `reserved numbers are skipped`() {
        val vault = Vault("k7")
        vault.reserve("[[EMAIL_1_k7]] [[ email _ 2 _ K7 ]] [[EMAIL_3_zz]]")
        assertEquals("[[EMAIL_3_k7]]", vault.placeholder(EntityType.EMAIL, "x"))
        assertTrue(vault.isMinted("[[EMAIL_3_k7]]"))
        assertFalse(vault.isMinted("[[EMAIL_1_k7]]"))
    }

    @Test
    fun `what would be one if words were cut is reserved`() {
        val vault = Vault("k7")
        vault.reserve("xEMAIL_1_k77 MAC_ADDRESS_1_k7")
        assertEquals("[[EMAIL_2_k7]]", vault.placeholder(EntityType.EMAIL, "x"))
        assertEquals("[[ADDRESS_2_k7]]", vault.placeholder(EntityType.ADDRESS, "x"))
    }

    @Test
    fun `restores once only`() {
        val vault = Vault("k7")
        vault.placeholder(EntityType.CUSTOM, "[[CUSTOM_1_k7]]!")
        assertEquals("[[CUSTOM_1_k7]]!", vault.restore("[[CUSTOM_1_k7]]"))
        val restored = vault.restoreCounted("[[CUSTOM_1_k7]] [[CUSTOM_2_k7]]")
        assertEquals("[[CUSTOM_1_k7]]! [[CUSTOM_2_k7]]" to 1, restored.text to restored.count)
    }

    @Test
    fun `numbers run out`() {
        val vault = Vault("k7").apply { take(contents(LAST_NUMBER)) }
        assertFailsWith<RedactionError> { vault.placeholder(EntityType.EMAIL, "b") }
    }

    @Test
    fun `a vault goes on with the contents of another`() {
        val vault = Vault("k7")
        vault.reserve("EMAIL_2_k7")
        vault.placeholder(EntityType.EMAIL, "a")
        vault.placeholder(EntityType.CREDIT_CARD, "4111", isNumber = true)
        val next = Vault("k7").apply { take(vault.contents()) }
        assertEquals(vault.values, next.values)
        assertEquals("[[EMAIL_3_k7]]", next.placeholder(EntityType.EMAIL, "b"))
    }

    @Test
    fun `numbers of contents grow`() {
        for (numbers in listOf(intArrayOf(0), intArrayOf(2, 1), intArrayOf(1, 1), intArrayOf(LAST_NUMBER + 1))) {
            assertFailsWith<InputError> { Vault("k7").take(contents(*numbers)) }
        }
    }

    @Test
    fun `no value is shown`() {
        val vault = Vault("k7")
        vault.placeholder(EntityType.SECRET, "hunter22")
        assertEquals("Vault(1 values)", vault.toString())
        assertFalse("hunter22" in vault.values.toString())
    }
}
