"""Finds names of people, addresses, places and organisations: a token classifier in windows, then cues."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from upcall.edge_runtime.errors import RedactionError
from upcall.edge_runtime.redaction.entities import EntityType, Span
from upcall.edge_runtime.redaction.names.cues import Cues
from upcall.edge_runtime.redaction.names.decoding import Decoder, Piece, Tokens, Word, words_of
from upcall.edge_runtime.redaction.names.evidence import Evidence
from upcall.edge_runtime.redaction.names.rules import NameRules, load_name_rules
from upcall.edge_runtime.redaction.names.scripts import cued
from upcall.edge_runtime.redaction.placeholders import BLANK

_DETECTOR = "names"


class Classifier(Protocol):
    """Gives each token of a short text a probability for every label. May be shared between threads."""

    @property
    def version(self) -> str:
        """Identifies the model's bytes."""

    @property
    def labels(self) -> Sequence[str]:
        """``O``, ``B-NAME`` and ``I-NAME``, in the order of the probabilities."""

    def classify(self, text: str) -> Tokens | None:
        """Tokens of a text of at least one character, special ones left out; None where it has more than the model can take.

        Raises:
            RedactionError: the model failed.
        """


class Names:
    """A name finder (``detector.NameFinder``). Holds no text; may be shared between threads.

    Args:
        classifier: the model.
        rules: by default those that come with this version.

    Raises:
        RedactionError: the rules cannot be read, or the model has labels that they do not name.

    Vectors: proto/vectors/names.json
    """

    def __init__(self, classifier: Classifier, rules: NameRules | None = None) -> None:
        self._rules = load_name_rules() if rules is None else rules
        self._classifier = classifier
        self._cues = Cues(self._rules)
        self._evidence = Evidence(self._rules)
        try:
            self._decoder = Decoder(self._rules, classifier.labels)
        except KeyError:
            raise RedactionError(
                "The name model has other labels than the rules.", next_step="upcall pull rampart --verify"
            ) from None

    @property
    def version(self) -> str:
        """Versions of the rules for names and of the model."""
        return f"names-{self._rules.version}-{self._classifier.version}"

    def spans(self, text: str) -> tuple[Span, ...]:
        """What is private in a text: spans in order, none overlapping, none over a blanked placeholder.

        Args:
            text: valid Unicode, placeholders blanked.

        Raises:
            RedactionError: the model failed.
        """
        words = words_of(text)
        if not words:
            return ()
        self._decoder.mark(words, self.tokens(text))
        forms = list(self._cues.address_forms(text, words))
        pieces = self._decoder.pieces(text, words, forms)
        pieces = [self._cues.complete(text, words, piece) for piece in pieces]
        pieces = self._evidence.private(text, words, pieces, forms)
        pieces += [*self._cues.titled(text, words), *self._cues.organisations(text, words)]
        found = [_span(text, words, piece) for piece in _apart(pieces)]
        found += self._cues.repeated(text, words, found)
        found += self._cued(text, found)
        return tuple(sorted(found, key=lambda span: span.start))

    def _cued(self, text: str, found: Sequence[Span]) -> list[Span]:
        """What cues find that nothing else touched."""
        taken = bytearray(len(text))
        for span in found:
            taken[span.start : span.end] = b"\1" * (span.end - span.start)
        free = []
        for span in cued(text, self._rules):
            if taken.find(1, span.start, span.end) < 0:
                free.append(span)
            taken[span.start : span.end] = b"\1" * (span.end - span.start)
        return free

    def tokens(self, text: str) -> Tokens:
        """What the model says of a text of any length, window by window; of a token seen twice, the one further from an edge.

        Raises:
            RedactionError: the model failed.
        """
        readable = text.replace(BLANK, " ")
        offsets: list[np.ndarray] = []
        probabilities: list[np.ndarray] = []
        half = self._rules.window_overlap // 2
        for start, end in _windows(readable, size=self._rules.window_characters, overlap=self._rules.window_overlap):
            low = start + half if start else 0
            high = end - half if end < len(readable) else len(readable)
            for begin, tokens in self._classified(readable, start, end):
                moved = tokens.offsets + begin
                own = (moved[:, 0] >= low) & (moved[:, 0] < high)
                offsets.append(moved[own])
                probabilities.append(tokens.probabilities[own])
        return Tokens(np.concatenate(offsets), np.concatenate(probabilities))

    def _classified(self, text: str, start: int, end: int) -> Iterator[tuple[int, Tokens]]:
        """The window; in halves where it has too many tokens, as syllables do that the model takes apart."""
        tokens = self._classifier.classify(text[start:end])
        if tokens is not None:
            yield start, tokens
            return
        if end - start < 2:
            raise RedactionError("The name model takes no text.", next_step="upcall pull rampart --verify")
        middle = (start + end) // 2
        yield from self._classified(text, start, middle)
        yield from self._classified(text, middle, end)


def _span(text: str, words: Sequence[Word], piece: Piece) -> Span:
    start = words[piece.first].start
    if piece.kind is EntityType.PHONE:
        while start and text[start - 1] in "+(":
            start -= 1
    return Span(start, words[piece.last].end, piece.kind, _DETECTOR, piece.score)


def _windows(text: str, *, size: int, overlap: int) -> Iterator[tuple[int, int]]:
    start = 0
    while True:
        end = min(start + size, len(text))
        yield start, end
        if end == len(text):
            return
        start = end - overlap


def _apart(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Pieces in order, those that overlap as one of the type of the longest; of two as long, that of the surer one."""
    joined: list[Piece] = []
    for piece in sorted(pieces, key=lambda piece: (piece.first, piece.last)):
        if joined and piece.first <= joined[-1].last:
            last = joined[-1]
            longest = max(last, piece, key=lambda one: (one.last - one.first, one.score))
            joined[-1] = Piece(last.first, max(last.last, piece.last), longest.kind, max(last.score, piece.score))
        else:
            joined.append(piece)
    yield from joined
