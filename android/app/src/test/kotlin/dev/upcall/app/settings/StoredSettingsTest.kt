package dev.upcall.app.settings

import androidx.datastore.preferences.core.doublePreferencesKey
import androidx.datastore.preferences.core.intPreferencesKey
import androidx.datastore.preferences.core.preferencesOf
import androidx.datastore.preferences.core.stringPreferencesKey
import dev.upcall.core.redaction.Action
import dev.upcall.core.redaction.EntityType
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

class StoredSettingsTest {
    private fun word(key: String, value: String) = preferencesOf(stringPreferencesKey(key) to value).toSettings()

    private fun number(key: String, value: Double) = preferencesOf(doublePreferencesKey(key) to value).toSettings()

    private fun count(key: String, value: Int) = preferencesOf(intPreferencesKey(key) to value).toSettings()

    @Test
    fun `what is not known is the default`() {
        val default = Settings()
        assertEquals(default, preferencesOf().toSettings())
        assertEquals(default, word("strategy", "moon"))
        assertEquals(default, number("quality_level", 7.0))
        assertEquals(default, number("quality_level", Double.NaN))
        assertEquals(default, number("threshold", 0.5))
        assertEquals(default, count("most_output_tokens", 0))
        assertEquals(default, count("most_output_tokens", Int.MAX_VALUE))
    }

    @Test
    fun `what is not known of the policy keeps the question here`() {
        assertEquals(Action.BLOCK, word("policy_EMAIL", "hide").policy.action(EntityType.EMAIL))
        assertEquals(Action.BLOCK, word("policy_unread_script", "hide").policy.unreadScript)
        assertEquals(Action.ALLOW, word("policy_EMAIL", "allow").policy.action(EntityType.EMAIL))
    }

    @Test
    fun `terms that cannot be read are told`() {
        assertTrue(word("own_terms", "[\"Heron\"").wereLost)
    }
}
