package dev.upcall.core.languagemodel

/** Turns ids into text as they come, and never cuts a character in two. Special tokens give no text. Made by [Tokenizer.stream]. */
public class TextStream internal constructor(private val texts: TokenTexts, private val isSilent: (Int) -> Boolean) {
    private val pending = mutableListOf<Int>()

    /** The text that has become certain, often one word, sometimes nothing. Unknown ids say nothing. */
    public fun push(id: Int): String {
        if (id !in texts || isSilent(id)) return ""
        pending += id
        val text = texts.decode(pending)
        if (text.endsWith(REPLACEMENT)) return "" // the next bytes may make a character of it
        pending.clear()
        return text
    }

    /** What is left: bytes that never became a character, as U+FFFD. */
    public fun finish(): String = texts.decode(pending).also { pending.clear() }
}
