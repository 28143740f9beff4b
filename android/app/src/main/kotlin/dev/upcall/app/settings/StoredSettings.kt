package dev.upcall.app.settings

import androidx.datastore.preferences.core.MutablePreferences
import androidx.datastore.preferences.core.Preferences
import androidx.datastore.preferences.core.booleanPreferencesKey
import androidx.datastore.preferences.core.doublePreferencesKey
import androidx.datastore.preferences.core.intPreferencesKey
import androidx.datastore.preferences.core.mutablePreferencesOf
import androidx.datastore.preferences.core.stringPreferencesKey
import dev.upcall.core.decision.Strategy
import dev.upcall.core.redaction.Action
import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Policy
import kotlinx.serialization.SerializationException
import kotlinx.serialization.builtins.ListSerializer
import kotlinx.serialization.builtins.serializer
import kotlinx.serialization.json.Json

private val CLOUD_TARGET = stringPreferencesKey("cloud_target")
private val USE_TLS = booleanPreferencesKey("use_tls")
private val STRATEGY = stringPreferencesKey("strategy")
private val THRESHOLD = doublePreferencesKey("threshold")
private val QUALITY_LEVEL = doublePreferencesKey("quality_level")
private val UNREAD_SCRIPT = stringPreferencesKey("policy_unread_script")
private val OWN_TERMS = stringPreferencesKey("own_terms")
private val CALLS_PER_DAY = intPreferencesKey("most_calls_per_day")
private val OUTPUT_TOKENS = intPreferencesKey("most_output_tokens")
private val SHOWS_BEFORE_SENDING = booleanPreferencesKey("shows_before_sending")
private val ACTIVE_BUNDLE = stringPreferencesKey("active_bundle")
private val WERE_LOST = booleanPreferencesKey("were_lost")
private const val NO_LIMIT = -1
private val TERMS = ListSerializer(String.serializer())

private fun action(type: EntityType) = stringPreferencesKey("policy_${type.name}")

/** What is stored; a value that is missing or of no use is the default. */
internal fun Preferences.toSettings(): Settings {
    val default = Settings()
    val terms = ownTerms()
    return Settings(
        cloudTarget = this[CLOUD_TARGET] ?: default.cloudTarget,
        useTls = this[USE_TLS] ?: default.useTls,
        strategy = Strategy.entries.find { it.value == this[STRATEGY] } ?: default.strategy,
        threshold = this[THRESHOLD]?.takeIf { it <= 0 },
        qualityLevel = this[QUALITY_LEVEL]?.takeIf { it in 0.0..1.0 } ?: default.qualityLevel,
        policy = policy(),
        ownTerms = terms.orEmpty(),
        mostCallsPerDay = (this[CALLS_PER_DAY] ?: DEFAULT_CALLS_PER_DAY).takeIf { it >= 0 },
        mostOutputTokens = this[OUTPUT_TOKENS]?.takeIf { it in 1..MOST_OUTPUT_TOKENS } ?: default.mostOutputTokens,
        showsBeforeSending = this[SHOWS_BEFORE_SENDING] ?: default.showsBeforeSending,
        activeBundle = this[ACTIVE_BUNDLE],
        wereLost = this[WERE_LOST] == true || terms == null,
    )
}

/** As they are stored. */
internal fun Settings.toPreferences(): Preferences = mutablePreferencesOf().also { it.replaceBy(this) }

/** Puts these settings in place of what is stored. */
internal fun MutablePreferences.replaceBy(settings: Settings) {
    clear()
    this[CLOUD_TARGET] = settings.cloudTarget
    this[USE_TLS] = settings.useTls
    this[STRATEGY] = settings.strategy.value
    settings.threshold?.let { this[THRESHOLD] = it }
    this[QUALITY_LEVEL] = settings.qualityLevel
    for ((type, action) in settings.policy.actions) this[action(type)] = action.value
    this[UNREAD_SCRIPT] = settings.policy.unreadScript.value
    this[OWN_TERMS] = Json.encodeToString(TERMS, settings.ownTerms)
    this[CALLS_PER_DAY] = settings.mostCallsPerDay ?: NO_LIMIT
    this[OUTPUT_TOKENS] = settings.mostOutputTokens
    this[SHOWS_BEFORE_SENDING] = settings.showsBeforeSending
    settings.activeBundle?.let { this[ACTIVE_BUNDLE] = it }
    this[WERE_LOST] = settings.wereLost
}

/** An action that is not known keeps the type on the device: what was meant may have been stricter than a mask. */
private fun Preferences.policy(): Policy {
    val actions =
        EntityType.entries.mapNotNull { type ->
            this[action(type)]?.let { word -> type to (Action.entries.find { it.value == word } ?: Action.BLOCK) }
        }
    val unread = this[UNREAD_SCRIPT]
    return Policy(actions.toMap(), if (unread == null || unread == Action.ALLOW.value) Action.ALLOW else Action.BLOCK)
}

/** Null where they cannot be read. */
private fun Preferences.ownTerms(): List<String>? = try {
    this[OWN_TERMS]?.let { Json.decodeFromString(TERMS, it) }.orEmpty()
} catch (_: SerializationException) {
    null
}
