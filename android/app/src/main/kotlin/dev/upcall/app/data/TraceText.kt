package dev.upcall.app.data

import kotlinx.serialization.SerializationException
import kotlinx.serialization.json.Json

/** Most UTF-16 units of a piece: with three bytes each well below the 2 MB that one of Android's cursors holds. */
private const val PIECE_LENGTH = 200_000

private val json =
    Json {
        ignoreUnknownKeys = true // of a later version
        coerceInputValues = true
        encodeDefaults = false
    }

/** The trace as rows. */
internal fun AnswerTrace.pieces(answerId: Long): List<TracePieceRow> =
    split(json.encodeToString(AnswerTrace.serializer(), this)).mapIndexed { position, text ->
        TracePieceRow(answerId, position, text)
    }

/** The trace of its rows; null where there are none, or they are of a version that cannot be read. */
internal fun traceOf(pieces: List<String>): AnswerTrace? = try {
    if (pieces.isEmpty()) null else json.decodeFromString(AnswerTrace.serializer(), pieces.joinToString(""))
} catch (_: SerializationException) {
    null
}

/** Pieces in order, none of which begins or ends within a character. */
private fun split(text: String): List<String> = buildList {
    var start = 0
    while (start < text.length) {
        var end = minOf(start + PIECE_LENGTH, text.length)
        if (end < text.length && text[end].isLowSurrogate() && text[end - 1].isHighSurrogate()) end--
        add(text.substring(start, end))
        start = end
    }
}
