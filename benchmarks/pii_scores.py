"""How much private text is left, how much else is taken, and how well the types are told apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.pii_data import CORE, TYPES, Marked

Found = tuple[int, int, str]
"""Start, end (code points) and type."""


@dataclass(slots=True)
class Scores:
    """Sums over texts. All rates are 0 to 1; a rate of nothing is 0."""

    texts: int = 0
    leaking_texts: int = 0
    core_characters: int = 0
    leaked_characters: int = 0
    core_spans: int = 0
    leaked_spans: int = 0
    redacted_characters: int = 0
    over_characters: int = 0
    plain_characters: int = 0
    strict: dict[str, Counter[str]] = field(default_factory=dict)
    overlap: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def leak(self) -> float:
        """Share of the characters of core spans that nothing covers."""
        return self.leaked_characters / max(1, self.core_characters)

    @property
    def leaking(self) -> float:
        """Share of texts in which a character of a core span is left."""
        return self.leaking_texts / max(1, self.texts)

    @property
    def wholly_leaked(self) -> float:
        """Share of core spans of which no character is covered."""
        return self.leaked_spans / max(1, self.core_spans)

    @property
    def over(self) -> float:
        """Share of the redacted characters that no span of any label holds."""
        return self.over_characters / max(1, self.redacted_characters)

    @property
    def over_of_plain(self) -> float:
        """Share of the characters outside all spans that are redacted."""
        return self.over_characters / max(1, self.plain_characters)


def score(marked: Sequence[Marked], found: Iterable[Sequence[Found]]) -> Scores:
    """Compare what was found with what is marked, text by text."""
    sums = Scores()
    for one, spans in zip(marked, found, strict=True):
        covered = _flags(len(one.text), spans)
        private = _flags(len(one.text), one.spans)
        sums.texts += 1
        sums.redacted_characters += sum(covered)
        sums.over_characters += sum(taken and not real for taken, real in zip(covered, private, strict=True))
        sums.plain_characters += len(one.text) - sum(private)
        left = 0
        for start, end, label in one.spans:
            if label in CORE:
                kept = sum(covered[start:end])
                left += end - start - kept
                sums.core_spans += 1
                sums.core_characters += end - start
                sums.leaked_spans += not kept
        sums.leaked_characters += left
        sums.leaking_texts += left > 0
        _match(sums, [(start, end, TYPES[label]) for start, end, label in one.spans if label in TYPES], spans)
    return sums


def _flags(length: int, spans: Iterable[Found]) -> list[bool]:
    flags = [False] * length
    for start, end, _ in spans:
        flags[start:end] = [True] * (end - start)
    return flags


def _match(sums: Scores, gold: Sequence[Found], found: Sequence[Found]) -> None:
    for name in {str(kind) for *_, kind in (*gold, *found)}:
        real = [(start, end) for start, end, kind in gold if kind == name]
        given = [(start, end) for start, end, kind in found if kind == name]
        strict = sums.strict.setdefault(name, Counter())
        strict.update(right=len(set(real) & set(given)), real=len(real), given=len(given))
        strict["hit"] = strict["right"]
        loose = sums.overlap.setdefault(name, Counter())
        loose.update(
            right=sum(any(a < end and start < b for a, b in real) for start, end in given),
            hit=sum(any(a < end and start < b for a, b in given) for start, end in real),
            real=len(real),
            given=len(given),
        )


def f1(counts: Mapping[str, int]) -> float:
    """Harmonic mean of precision (right of given) and recall (hit of real), 0 to 1; 0 where nothing is right."""
    if not counts["right"] or not counts["hit"]:
        return 0.0
    precision, recall = counts["right"] / counts["given"], counts["hit"] / counts["real"]
    return 2 * precision * recall / (precision + recall)


def recall(marked: Sequence[Marked], found: Iterable[Sequence[Found]], groups: Mapping[str, str]) -> dict[str, float]:
    """Share of the spans of each group of which a character is covered."""
    hit: Counter[str] = Counter()
    real: Counter[str] = Counter()
    for one, spans in zip(marked, found, strict=True):
        covered = _flags(len(one.text), spans)
        for start, end, label in one.spans:
            if label in groups:
                real[groups[label]] += 1
                hit[groups[label]] += any(covered[start:end])
    return {name: hit[name] / real[name] for name in sorted(real)}
