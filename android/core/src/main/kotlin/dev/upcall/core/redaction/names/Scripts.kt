package dev.upcall.core.redaction.names

import dev.upcall.core.RedactionError
import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.Span
import dev.upcall.core.redaction.Unicode
import dev.upcall.core.redaction.isAscii

/**
 * The number of letters of scripts that the name model does not read, such as Cyrillic or Thai: its alphabet is Latin.
 *
 * @param text any.
 * @throws RedactionError the rules cannot be read.
 */
public fun unreadLetters(text: String): Int {
    if (text.isAscii()) return 0
    val unread = loadNameRules().unreadScripts
    var count = 0
    text.skip(0) { point ->
        if (point in unread && point in Unicode.alphabetic) count++
        true
    }
    return count
}

/** Names behind words such as "Меня зовут", and account names in home folders. */
internal fun cued(text: String, rules: NameRules): List<Span> {
    val names = rules.nameForms.flatMap { it.values(text) }.filter { it.length > 0 }
    val accounts =
        rules.homeFolders.flatMap { it.values(text) }.filter { place ->
            val value = place.of(text)
            Unicode.lower(value) !in rules.genericAccounts && !hasNoNameLetter(value)
        }
    return names.map { Span(it.start, it.end, EntityType.PERSON, "name_cue", rules.cueScore) } +
        accounts.map { Span(it.start, it.end, EntityType.PERSON, "home_folder", rules.cueScore) }
}
