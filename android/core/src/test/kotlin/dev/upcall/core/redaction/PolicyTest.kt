package dev.upcall.core.redaction

import dev.upcall.core.InputError
import org.junit.jupiter.api.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNotEquals
import kotlin.test.assertTrue

class PolicyTest {
    @Test
    fun `masks by default`() {
        assertTrue(EntityType.entries.all { Policy().action(it) == Action.MASK })
        assertEquals(emptyList(), Policy().allowed)
    }

    @Test
    fun `plain names are read`() {
        val policy = Policy.parse(mapOf("SECRET" to "block", "EMAIL" to "allow"), unreadScript = "block")
        assertEquals(Action.BLOCK, policy.action(EntityType.SECRET))
        assertEquals(Action.ALLOW, policy.action(EntityType.EMAIL))
        assertEquals(Action.MASK, policy.action(EntityType.PHONE))
        assertEquals(listOf(EntityType.EMAIL), policy.allowed)
        val actions = mapOf(EntityType.SECRET to Action.BLOCK, EntityType.EMAIL to Action.ALLOW)
        assertEquals(Policy(actions, unreadScript = Action.BLOCK), policy)
        assertNotEquals(Policy(actions), policy)
    }

    @Test
    fun `errors name what is allowed`() {
        val types = EntityType.entries.joinToString()
        assertEquals(types, assertFailsWith<InputError> { Policy.parse(mapOf("NAME" to "mask")) }.allowed)
        assertEquals(
            "block, mask, allow",
            assertFailsWith<InputError> { Policy.parse(mapOf("EMAIL" to "hide")) }.allowed,
        )
        val error = assertFailsWith<InputError> { Policy.parse(mapOf("x".repeat(100) to "mask")) }
        assertTrue(error.problem.length < 110)
    }

    @Test
    fun `nothing masks unread scripts`() {
        for (block in listOf(
            { Policy(unreadScript = Action.MASK) },
            { Policy.parse(emptyMap(), unreadScript = "mask") },
        )) {
            assertEquals("allow, block", assertFailsWith<InputError> { block() }.allowed)
        }
    }

    @Test
    fun `what is given is copied`() {
        val actions = mutableMapOf(EntityType.EMAIL to Action.ALLOW)
        val policy = Policy(actions)
        actions[EntityType.EMAIL] = Action.BLOCK
        assertEquals(Action.ALLOW, policy.action(EntityType.EMAIL))
    }
}
