package dev.upcall.core.languagemodel

import java.util.BitSet

/** A token that is looked for in a text before it is cut into words; only templates may write a special one. */
internal data class AddedToken(val id: Int, val content: String, val isSpecial: Boolean)

/**
 * Finds added tokens in a text: the first one, of several that begin at one place the longest.
 *
 * @param takesSpecial whether special tokens are cut out; else they are text, in which nothing is looked for.
 */
internal class AddedTokens(tokens: List<AddedToken>, private val takesSpecial: Boolean) {
    private val byFirst = tokens.sortedByDescending { it.content.length }.groupBy { it.content.first() }
    private val firsts = BitSet().apply { byFirst.keys.forEach { set(it.code) } }

    /** Calls [onText] with every stretch between tokens, which may be empty, and [onToken] with every token, in their order. */
    inline fun cut(text: String, onText: (start: Int, end: Int) -> Unit, onToken: (AddedToken) -> Unit) {
        var start = 0
        var at = 0
        while (at < text.length) {
            val token = at(text, at)
            at += token?.content?.length ?: 1
            if (token == null || (token.isSpecial && !takesSpecial)) continue
            onText(start, at - token.content.length)
            onToken(token)
            start = at
        }
        onText(start, text.length)
    }

    private fun at(text: String, at: Int): AddedToken? =
        if (firsts[text[at].code]) byFirst.getValue(text[at]).find { text.startsWith(it.content, at) } else null
}
