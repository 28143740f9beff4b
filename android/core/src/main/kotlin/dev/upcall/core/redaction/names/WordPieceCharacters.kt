package dev.upcall.core.redaction.names

import dev.upcall.core.redaction.CodePointSet
import dev.upcall.core.redaction.Unicode
import dev.upcall.core.redaction.codePointRanges

/**
 * What a WordPiece tokenizer makes of single characters. Its tables are those of an older Unicode than the pinned one.
 */
internal object WordPieceCharacters {
    private val asciiPunctuation = BooleanArray(ASCII) { it in 0x21..0x7E && !it.toChar().isLetterOrDigit() }

    fun isPunctuation(point: Int): Boolean =
        if (point < ASCII) asciiPunctuation[point] else point in OTHER_PUNCTUATION || typeOf(point) in PUNCTUATION

    /** Whether a character is left out from the beginning: controls, formats, private use. */
    fun isControl(point: Int): Boolean = when (point) {
        '\t'.code, '\n'.code, '\r'.code -> false
        0xFFFD -> true
        else -> typeOf(point) in CONTROLS
    }

    /** Whether a character is left out after decomposition, as accents are. */
    fun isAccent(point: Int): Boolean = point == OTHER_ACCENT || typeOf(point) == Character.NON_SPACING_MARK

    /** Whether a character is a word of its own, as those of Chinese are. */
    fun isIdeograph(point: Int): Boolean = point >= 0x3400 && point in IDEOGRAPHS

    private fun typeOf(point: Int): Byte =
        if (point in NEWER || point in Unicode.unassigned) Character.UNASSIGNED else Character.getType(point).toByte()

    private const val ASCII = 0x80
    private const val OTHER_ACCENT = 0x1734
    private val OTHER_PUNCTUATION = setOf(0x166D, 0x111C9)
    private val CONTROLS = setOf(Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE)
    private val PUNCTUATION =
        setOf(
            Character.CONNECTOR_PUNCTUATION,
            Character.DASH_PUNCTUATION,
            Character.START_PUNCTUATION,
            Character.END_PUNCTUATION,
            Character.INITIAL_QUOTE_PUNCTUATION,
            Character.FINAL_QUOTE_PUNCTUATION,
            Character.OTHER_PUNCTUATION,
        )

    // The last but one begins where the tokenizers in use have it begin, not where the block does.
    private val IDEOGRAPHS = points("3400-4DBF 4E00-9FFF F900-FAFF 20000-2A6DF 2A700-2B81F 2B920-2CEAF 2F800-2FA1F")

    /** Marks, formats and punctuation that are newer than its tables. */
    private val NEWER =
        points(
            "061D 07FD 0890-08E2 09FD-09FE 0A76 0AFA-0AFF 0B55 0C04-0C3C 0C77 0C84 0D00 0D3B-0D3C 0D81 0EBA " +
                "180F-1886 1ABF-1ACE 1B7D-1B7E 1DF6-1DFB 2E43-2E5D A82C A8C5 A8FF A9BD 10D24-10F89 11070-11074 " +
                "110C2-110CD 111C9 111CF 1123E 1133B 11438-1145E 11660-1166C 116B9 1182F-11FFF 12FF1-13438 " +
                "16E97-16F4F 16FE2-16FE4 1CF00-1CF46 1E000-1E2EF 1E944-1E95F",
        )

    private fun points(listed: String) = CodePointSet(codePointRanges(listed.split(' ')))
}
