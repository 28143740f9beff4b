package dev.upcall.core.redaction

import com.google.re2j.Pattern
import kotlinx.serialization.json.JsonObject

/**
 * What a value of a credential is not, each pattern for the whole of it. Data: proto/rules/credentials.json.
 *
 * @property references names of a value that stands elsewhere.
 * @property expressions code, where the value is not quoted.
 * @property names identifiers and slugs, where the value belongs to a word for a token.
 * @property samples words that stand for a value in examples.
 */
internal class CredentialValues(
    val references: Pattern,
    val expressions: Pattern,
    val names: Pattern,
    val samples: Pattern,
) {
    companion object {
        /**
         * From the parsed file.
         *
         * @throws RuntimeException it does not follow its schema.
         */
        fun of(data: JsonObject): CredentialValues = CredentialValues(
            anyOf(data.texts("references")),
            anyOf(data.texts("expressions")),
            anyOf(data.texts("names")),
            anyOf(data.texts("samples")),
        )

        private fun anyOf(patterns: List<String>): Pattern = Pattern.compile(patterns.joinToString("|") { "(?:$it)" })
    }
}

/** A pattern with `{password}` and the other names in it replaced by their patterns. */
internal fun expanded(pattern: String, words: Map<String, String>): String =
    words.entries.fold(pattern) { soFar, (name, words) -> soFar.replace("{$name}", words) }

/**
 * The credential in [start, end) of a text, or null if there is none: whether a value beside a word such as "password"
 * is one, and where it ends.
 *
 * @param text any.
 * @param start of the candidate.
 * @param end of the candidate.
 * @param scheme how it is judged; see the comment in credentials.json.
 * @param needs `digit`, `letter`, `mixed` or `random`, which it must have whatever the scheme says.
 * @param values what is no credential.
 */
internal fun credentialSpan(
    text: String,
    start: Int,
    end: Int,
    scheme: String,
    needs: Set<String>,
    values: CredentialValues,
): Place? {
    when (scheme) {
        "lines" -> return Place(start, endOfKey(text, end))
        "code", "cookie" -> return Place(start, end)
        "url" -> return Place(start, end).takeIf { isUserinfo(text.substring(start, end), values) }
    }
    if (TAG.matcher(text.from(start)).find()) return null // <your password>
    val isQuoted = start > 0 && text[start - 1] in QUOTES && end < text.length && text[end] == text[start - 1]
    val place =
        when {
            scheme == "raw" || scheme == "header" -> Place(start, tokenEnd(text, end))
            isQuoted -> Place(start, end)
            else -> Place(start, unquotedEnd(text, start, end))
        }
    val value = place.of(text)
    val isLast = place.end == text.length || text[place.end] in "\r\n"
    val isCredential = CredentialValue(value, isQuoted, isLast, values).isCredential(scheme)
    return place.takeIf { isCredential && needs.all { has(value, it) } }
}

private const val QUOTES = "\"'`"

// Patterns that are tried at one place begin with \A: without it the library reads on to the end of the text.
private val TAG = Pattern.compile("\\A<[A-Za-z][A-Za-z _-]{0,40}>")
private val TOKEN_GOES_ON = Pattern.compile("\\A(?:[._~+/=-]{1,3}[A-Za-z0-9_-]+)+={0,2}")

/** Where a token ends whose pattern stopped early: the rest of it, after a full stop or a hyphen, is as private. */
internal fun tokenEnd(text: String, end: Int): Int {
    val goesOn = TOKEN_GOES_ON.matcher(text.from(end))
    return if (goesOn.find() && goesOn.group().any { it in '0'..'9' }) end + goesOn.end() else end
}

// Lines that can belong to a private key: base 64, headers, an end. A mark of quoted mail or an escape may stand before.
private const val LINE = """(?:\r?\n|\\r\\n|\\n)[ \t>|#*"'+]{0,12}(?:- ?)?"""
private const val KEY_END = "-----END"
private val KEY_LINE =
    Pattern.compile(
        """\A(?:$LINE(?:-----END [A-Z0-9 ]+-----|[A-Za-z][A-Za-z-]{2,30}: [^\r\n\\]*|[A-Za-z0-9+/=]{4,})""" +
            """[ \t"',+]{0,4}|$LINE|[ \t]{1,3}[A-Za-z0-9+/=]{16,}|-----END [A-Z0-9 ]+-----)""",
    )

/** The end of the last line that can belong to a private key whose head ends at [end]. */
private fun endOfKey(text: String, end: Int): Int {
    var last = end
    var position = end
    while (true) {
        val line = KEY_LINE.matcher(text.from(position))
        if (!line.find() || line.end() == 0) return last
        val written = line.group()
        if (Unicode.alphanumeric.any(written)) last = position + written.trimEnd { it in "\"',+ \t\r\n" }.length
        if (KEY_END in written) return last
        position += line.end()
    }
}

/** Whether `name:password@host` holds a password: neither a port nor a reference. */
private fun isUserinfo(value: String, values: CredentialValues): Boolean {
    val hasName = value.indexOf(':') > 0
    val password = value.substringAfter(':', "").substringBeforeLast('@', "")
    val port = password.substringBefore('/')
    val isPort = hasName && '/' in password && port.points <= LONGEST_PORT && Unicode.digit.all(port)
    return password.isNotEmpty() && !isPort && !values.references.matches(password) && !values.samples.matches(password)
}

private const val LONGEST_PORT = 5 // digits
