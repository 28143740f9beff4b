package dev.upcall.core.redaction.names

import com.google.re2j.Pattern
import dev.upcall.core.redaction.Place
import dev.upcall.core.redaction.Unicode
import dev.upcall.core.redaction.before
import dev.upcall.core.redaction.limits

/**
 * Tells identifiers of code from names: the name model takes parameters, members and slugs for people.
 *
 * @param text that may be or hold code.
 * @param rules with the patterns of lines of code, and the small words within names.
 */
internal class CodeIdentifiers(private val text: String, private val rules: NameRules) {
    /** The last line that was asked about: many findings may stand in a long one. */
    private var line: Place? = null
    private var isLineCode = false

    /**
     * Whether [start, end) stands in code as an identifier.
     *
     * A handle is none, nor is a value in quotation marks or of an element.
     */
    fun isIdentifier(start: Int, end: Int): Boolean {
        val value = text.substring(start, end)
        val near = text.substring(text.before(start, BEFORE), start)
        if (near.removeSuffix(" ").endsWith('@')) return false
        val hump = HUMP.matcher(value)
        if ((hump.lookingAt() && hump.group(1) !in rules.particles) || SLUG.matches(value)) return true
        val (before, after) = text.getOrNull(start - 1) to text.getOrNull(end)
        if (before != null && after != null && before in QUOTES && after in QUOTES) return false
        if (before == '>' && after == '<') return false
        if (!Unicode.isLower(value)) return isUsed(end) && ' ' !in value && isInCode(start, end)
        return isUsed(end) || isMember(near) || isInCode(start, end)
    }

    /** Whether what follows uses it: `(`, `[`, `::`, `->`, `<T`, `.call(`. */
    private fun isUsed(end: Int): Boolean = when (text.getOrNull(end)) {
        '(', '[' -> true
        ':' -> text.startsWith("::", end)
        '-' -> text.startsWith("->", end)
        '<' -> text.getOrNull(end + 1) in 'A'..'Z'
        '.' -> {
            val next = (end + 1 until text.length).firstOrNull { text[it] !in 'a'..'z' } ?: end
            next > end + 1 && text[next] in "(."
        }
        else -> false
    }

    /** Whether what stands before names a thing of which this is a part: `user.`, `list[0].`, `self->`, `$`. */
    private fun isMember(near: String): Boolean {
        if (near.endsWith("->") || near.endsWith("::") || near.endsWith('$') || near.endsWith('\\')) return true
        val owner = near.removeSuffix(".")
        if (owner.length == near.length || owner.isEmpty()) return false
        val last = owner.codePointBefore(owner.length)
        val rest = owner.length - Character.charCount(last)
        return owner.last() in CLOSERS || (isWord(last) && rest > 0 && isWord(owner.codePointBefore(rest)))
    }

    private fun isWord(point: Int) = point in Unicode.alphanumeric || point == '_'.code

    private fun isInCode(start: Int, end: Int): Boolean {
        val known = line
        if (known != null && start >= known.start && end <= known.end) return isLineCode
        val first = text.lastIndexOf('\n', start - 1) + 1
        val last = text.indexOf('\n', end).let { if (it < 0) text.length else it }
        val found = text.substring(first, last)
        isLineCode = rules.codeLines.any { it.isIn(found) }
        line = Place(first, last).takeIf { '\n' !in found }
        return isLineCode
    }

    private companion object {
        /** Characters in which the mark of a handle or of a member stands. */
        val BEFORE = limits("names_code").getValue("before_characters")
        val HUMP: Pattern = Pattern.compile("([a-z]+)(?:[0-9]*[A-Z]|-[A-Za-z0-9-]*[a-z][A-Z])")
        val SLUG: Pattern = Pattern.compile("[a-z0-9]+(?:-[a-z0-9]+){2,}")
        const val QUOTES = "\"'`"
        const val CLOSERS = ")]?"
    }
}
