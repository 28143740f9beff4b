"""Texts on their way from as written to as sent: what may be cut from one, and how it looks afterwards."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from upcall.edge_runtime.redaction.entities import EntityType, Span
from upcall.edge_runtime.redaction.placeholders import find_placeholders


@dataclass(frozen=True, slots=True)
class Mask:
    """One placeholder and what it stands for: [start, end) of what a document calls its original.

    Args:
        span: what was cut.
        placeholder: put in its place.
    """

    span: Span
    placeholder: str


class PlainText:
    """A text that is masked step by step.

    Offsets of ``pieces`` and ``masks`` are those of the text as written, whatever was masked before; those of a finding are of
    ``current``, in which placeholders already stand.

    Args:
        text: as written.
    """

    def __init__(self, text: str) -> None:
        self.original = text
        self.current = text
        self._masks: list[Mask] = []
        # Where each run of the original begins, in the current text and in the original.
        self._current_starts = [0]
        self._original_starts = [0]

    @property
    def masks(self) -> tuple[Mask, ...]:
        """All that was cut so far, in order of position."""
        return tuple(self._masks)

    def as_written(self, pieces: Iterable[Span]) -> tuple[Span, ...]:
        """Pieces of the original, in code points of the text as it was given."""
        return tuple(pieces)

    def is_number(self, start: int, end: int) -> bool:
        """Whether [start, end) of the original is to be restored as a bare number. Never, in plain text."""
        return False

    def pieces(self, findings: Iterable[Span]) -> Iterator[Span]:
        """What may be cut of findings in the current text: they come in order, do not overlap, and leave placeholders alone.

        Args:
            findings: in order of position, none overlapping.
        """
        placeholders = deque((start, end) for start, end, _ in find_placeholders(self.current))
        for finding in findings:
            start = finding.start
            while placeholders and placeholders[0][0] < finding.end:
                low, high = placeholders[0]
                if high > start:
                    yield from self._written(finding, start, low)
                    start = high
                if high > finding.end:  # the next finding may begin in it
                    break
                placeholders.popleft()
            yield from self._written(finding, start, finding.end)

    def holds(self, finding: Span) -> bool:
        """Whether a finding in the current text is a value of its own, to be looked for elsewhere. Always, in plain text."""
        return True

    def _in_original(self, start: int, end: int) -> tuple[int, int]:
        """[start, end) of the current text, which holds no placeholder, in the original."""
        run = bisect_right(self._current_starts, start) - 1
        shift = self._original_starts[run] - self._current_starts[run]
        return start + shift, end + shift

    def _written(self, finding: Span, start: int, end: int) -> Iterator[Span]:
        """[start, end) of the current text, which holds no placeholder, as a piece; nothing where it is no text."""
        if start < end and not self.current[start:end].isspace():
            low, high = self._in_original(start, end)
            yield Span(low, high, finding.entity_type, finding.detector, finding.score)

    def cut(self, masks: Iterable[Mask]) -> None:
        """Put placeholders in place of pieces of the original that none of the earlier masks touches."""
        self._masks = sorted([*self._masks, *masks], key=lambda mask: mask.span.start)
        runs: list[str] = []
        self._current_starts, self._original_starts = [0], [0]
        position = length = 0
        for mask in self._masks:
            runs += [self.original[position : mask.span.start], mask.placeholder]
            length += mask.span.start - position + len(mask.placeholder)
            position = mask.span.end
            self._current_starts.append(length)
            self._original_starts.append(position)
        self.current = "".join([*runs, self.original[position:]])

    def sent(self) -> str:
        """The text with placeholders in it."""
        return self.current


def counted(masks: Iterable[tuple[str, EntityType]]) -> dict[EntityType, int]:
    """How many distinct placeholders there are of each type."""
    counts: dict[EntityType, int] = {}
    for _, entity_type in dict(masks).items():
        counts[entity_type] = counts.get(entity_type, 0) + 1
    return counts
