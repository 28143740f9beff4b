package dev.upcall.core.redaction

/**
 * Restores a text that comes in chunks: joined, the output is [Vault.restore] of the whole, however it was split.
 *
 * It holds back only the end that can still become a placeholder, some fifty characters at most. Not for several threads at
 * once.
 *
 * @param vault of the conversation.
 */
public open class StreamRestorer(internal val vault: Vault) {
    private var held = ""
    private var told = "" // the end of what was let go, in which an altered placeholder may have begun

    /** What was let go ends in a part of a word. */
    internal var isInWord: Boolean = false
        private set

    /** Placeholders replaced so far. */
    public var restoredCount: Int = 0
        private set

    /** Texts so far that carry the vault's nonce as a placeholder does, and are none of it: altered on the way. */
    public var alteredCount: Int = 0
        private set

    /** Takes the next chunk; returns what is certain by now, possibly nothing. */
    public fun feed(chunk: String): String {
        val text = held + chunk
        val piece = restoreUpTo(text, border(text))
        if (piece.end > 0) isInWord = isWord(text[piece.end - 1])
        held = text.substring(piece.end)
        return letGo(piece)
    }

    /** The text is over: returns what was held back. The restorer can then take another text. */
    public open fun flush(): String {
        val rest = letGo(restoreUpTo(held, held.length))
        held = ""
        told = ""
        isInWord = false
        return rest
    }

    private fun letGo(piece: RestoredPiece): String {
        restoredCount += piece.count
        val text = told + piece.text
        val altered = alteredPlaceholders(text, vault.nonce).filter { it > told.length }
        alteredCount += altered.size
        told = text.substring(altered.lastOrNull() ?: 0).takeLast(LONGEST_ALTERED)
        return piece.text
    }

    /** Where what must wait begins. */
    internal open fun border(text: String): Int = unfinishedFrom(text, isInWord)

    /** The text up to the border, restored. */
    internal open fun restoreUpTo(text: String, border: Int): RestoredPiece {
        val restored = vault.restoreCounted(text.substring(0, border), isInWord)
        return RestoredPiece(restored.text, border, restored.count)
    }

    override fun toString(): String = "${this::class.java.simpleName}(${held.length} characters held)"
}

/** A text restored, where it ended before, and how many placeholders were replaced in it. */
internal class RestoredPiece(val text: String, val end: Int, val count: Int)

/**
 * Restores JSON that comes in chunks, such as the arguments of a tool call, so that it stays valid JSON.
 *
 * In a string a value is escaped (`"` becomes `\"`, a line feed `\n`). What was masked as a bare number is one again where its
 * placeholder is a whole string and no key. A placeholder outside a string becomes a string, or a number.
 *
 * It holds back at most one character more than [StreamRestorer].
 *
 * @param vault of the conversation.
 */
public class JsonStreamRestorer(vault: Vault) : StreamRestorer(vault) {
    private var place = JsonPlace()

    override fun flush(): String = super.flush().also { place = JsonPlace() }

    override fun border(text: String): Int {
        // A placeholder may be a whole string: so its quotes, before and after, are looked at together with it.
        val whole = findPlaceholders(text, isInWord).lastOrNull()?.takeIf { it.end == text.length }
        val border = minOf(unfinishedFrom(text, isInWord), whole?.start ?: text.length)
        return if (border > 0 && text[border - 1] == '"') border - 1 else border
    }

    override fun restoreUpTo(text: String, border: Int): RestoredPiece {
        val restored = StringBuilder()
        var position = 0
        var count = 0
        for (found in findPlaceholders(text, isInWord)) {
            if (found.start >= border) break
            val entry = vault.entry(found.minted) ?: continue
            val opens = place.readUpToPlaceholder(text, position, found.start)
            restored.append(text, position, found.start)
            position = found.end
            count++
            val isNumber = entry.isNumber && !place.isKeyDue
            if (!place.isInString) {
                restored.append(if (isNumber) entry.value else "\"${escape(entry.value)}\"")
            } else if (isNumber && opens && text.startsWith('"', position)) {
                restored.setLength(restored.length - 1)
                restored.append(entry.value)
                position++
                place.isInString = false
            } else {
                restored.append(escape(entry.value))
            }
        }
        val end = maxOf(border, position)
        place.read(text, position, end)
        return RestoredPiece(restored.append(text, position, end).toString(), end, count)
    }
}

private fun String.startsWith(character: Char, index: Int) = index < length && this[index] == character

/** Where a reader of JSON is: in a string, or where a key or a value is due. */
private class JsonPlace {
    private val open = StringBuilder() // the braces and brackets around what comes next
    private var isEscaped = false
    var isInString = false
    var isKeyDue = false
        private set

    /** Reads up to a placeholder, and says whether the last character before it opens a string. */
    fun readUpToPlaceholder(text: String, start: Int, end: Int): Boolean {
        val last = maxOf(start, end - 1)
        read(text, start, last)
        val wasInString = isInString
        read(text, last, end)
        isEscaped = false // what follows is a placeholder, which begins no escape
        return isInString && !wasInString
    }

    fun read(text: String, start: Int, end: Int) {
        for (index in start until end) {
            if (isEscaped) isEscaped = false else read(text[index])
        }
    }

    private fun read(character: Char) {
        when {
            character == '"' -> isInString = !isInString
            isInString -> isEscaped = character == '\\'
            character == '{' || character == '[' -> {
                open.append(character)
                isKeyDue = character == '{'
            }
            character == '}' || character == ']' -> {
                open.setLength(maxOf(0, open.length - 1))
                isKeyDue = false
            }
            character == ',' -> isKeyDue = open.endsWith('{')
            character == ':' -> isKeyDue = false
        }
    }
}
