package dev.upcall.core.redaction.names

import dev.upcall.core.RedactionError
import dev.upcall.core.redaction.BLANK
import dev.upcall.core.redaction.EntityType
import dev.upcall.core.redaction.NameFinder
import dev.upcall.core.redaction.Span
import java.util.BitSet

/**
 * Finds names of people, addresses, places and organisations: a token classifier in windows, then cues.
 *
 * Holds no text; may be shared between threads.
 *
 * Vectors: proto/vectors/names.json and names_decoding.json.
 *
 * @param classifier the model, handed over.
 * @throws RedactionError the rules cannot be read, or the model has labels that they do not name.
 */
public class Names(private val classifier: Classifier) :
    NameFinder,
    AutoCloseable {
    private val rules = loadNameRules()
    private val cues = Cues(rules)
    private val evidence = Evidence(rules)
    private val windows = Windows(rules, classifier)
    private val decoder = Decoder(rules, classifier.labels)

    /** Versions of the rules for names and of the model. */
    override val version: String get() = "names-${rules.version}-${classifier.version}"

    /** Gives the model's memory back; it finds nothing from then on, and says so. */
    override fun close() {
        (classifier as? AutoCloseable)?.close()
    }

    /**
     * What is private in a text: spans in order, none overlapping, none over a blanked placeholder.
     *
     * @param text valid Unicode, placeholders blanked.
     * @throws RedactionError the model failed.
     */
    override fun spans(text: String): List<Span> {
        val words = wordsOf(text)
        if (words.isEmpty()) return emptyList()
        decoder.mark(words, windows.tokens(text.replace(BLANK, ' ')))
        val forms = cues.addressForms(text, words)
        val pieces = decoder.pieces(text, words, forms).map { cues.completed(text, words, it) }
        val private = evidence.personal(text, words, pieces, forms)
        val all = private + cues.titled(text, words) + cues.organisations(text, words)
        val found = apart(all).map { span(text, words, it) }.toMutableList()
        found += cues.repeated(words, found)
        return (found + untouched(cued(text, rules), found)).sortedBy { it.start }
    }

    /** What cues find that nothing else touched. */
    private fun untouched(cued: List<Span>, found: List<Span>): List<Span> {
        val taken = BitSet()
        for (span in found) taken.set(span.start, span.end)
        return cued.filter { span ->
            val next = taken.nextSetBit(span.start)
            taken.set(span.start, span.end)
            next < 0 || next >= span.end
        }
    }

    private fun span(text: String, words: List<Word>, piece: Piece): Span {
        var start = words[piece.first].start
        if (piece.kind == EntityType.PHONE) {
            while (start > 0 && text[start - 1] in "+(") start--
        }
        return Span(start, words[piece.last].end, piece.kind, "names", piece.score)
    }

    /** Pieces in order, those that overlap as one of the type of the longest; of two as long, that of the surer one. */
    private fun apart(pieces: List<Piece>): List<Piece> {
        val joined = mutableListOf<Piece>()
        for (piece in pieces.sortedWith(compareBy({ it.first }, { it.last }))) {
            val last = joined.lastOrNull()
            if (last == null || piece.first > last.last) {
                joined.add(piece)
                continue
            }
            val longest = listOf(last, piece).maxWith(compareBy({ it.last - it.first }, { it.score }))
            val score = maxOf(last.score, piece.score)
            joined[joined.lastIndex] = Piece(last.first, maxOf(last.last, piece.last), longest.kind, score)
        }
        return joined
    }
}
