package dev.upcall.core

/**
 * The entry of an enum that a word of vectors, wire or settings means: its name in lower case.
 *
 * @param problem what to say of a word that means none; the word is not told, as it may be the user's.
 * @throws InputError it is the word of none.
 */
internal inline fun <reified E : Enum<E>> entryOf(value: String, problem: String): E {
    val entries = enumValues<E>()
    return entries.find { it.name.lowercase() == value }
        ?: throw InputError(problem, allowed = entries.joinToString { it.name.lowercase() })
}
