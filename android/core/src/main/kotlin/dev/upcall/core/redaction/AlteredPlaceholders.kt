package dev.upcall.core.redaction

import com.google.re2j.Pattern

/** Characters of an altered placeholder that are looked at. */
internal val LONGEST_ALTERED: Int = limits("placeholders").getValue("longest_altered")

private const val APART = "(?:[ \\r\\n\\\\*`]{0,3}(?:_|%5[Ff]|-|&#95;)[ \\r\\n\\\\*`]{0,3})"

// Not (?i): it folds by Unicode, and the Kelvin sign would pass for a k.
private val LOOSE_TYPE =
    EntityType.entries.joinToString("|", "(?:", ")") { type ->
        type.name.map { if (it == '_') "\\\\?[_ -]" else "[$it${it.lowercaseChar()}]" }.joinToString("")
    }
private val ALTERED = Pattern.compile("$LOOSE_TYPE$APART[0-9]{1,7}$APART([0-9A-Za-z]{2})(?:[^0-9A-Za-z_]|\\z)")

/**
 * Ends of texts that carry a type, a number and the nonce as a placeholder does, however they are written.
 *
 * @param text restored as far as it could be.
 * @param nonce of the vault.
 */
internal fun alteredPlaceholders(text: String, nonce: String): List<Int> {
    if (!text.contains(nonce, ignoreCase = true)) return emptyList()
    val matcher = ALTERED.matcher(text)
    return buildList { while (matcher.find()) if (matcher.group(1).lowercase() == nonce) add(matcher.end()) }
}
