"""Finds private text: the rules on the text and on its shadow copy, then the user's own terms."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import accumulate, chain
from typing import Protocol

from upcall.edge_runtime.errors import InputError, RedactionError, check_texts, check_type
from upcall.edge_runtime.redaction.characters import Shadow, is_letter
from upcall.edge_runtime.redaction.checks import CHECKS
from upcall.edge_runtime.redaction.entities import EntityType, Span, merge_spans
from upcall.edge_runtime.redaction.identifiers.phone import checked_regions
from upcall.edge_runtime.redaction.limits import limits
from upcall.edge_runtime.redaction.placeholders import BLANK, blank_placeholders
from upcall.edge_runtime.redaction.rules import LookAlikes, Rule, Rules, load_rules
from upcall.edge_runtime.redaction.structure.columns import labelled
from upcall.edge_runtime.redaction.structure.reading import columns_of
from upcall.edge_runtime.redaction.terms import Terms

CUSTOM_DETECTOR = "deny_list"
COLUMN_DETECTOR = "column"
_LIMITS = limits("detector")
_ESCAPED_AT_MOST = _LIMITS["most_escapes"]  # times: JSON in a JSON string
_SEPARATORS = "-./"
# Digits that the name finder's number must keep where a part of it is a date or a version.
_FEWEST_DIGITS = _LIMITS["fewest_digits"]
_AROUND = _LIMITS["around_characters"]  # characters beside an encoded token in which a context word may stand


class NameFinder(Protocol):
    """Finds what no pattern describes: names of people, addresses, places. May be shared between threads."""

    @property
    def version(self) -> str:
        """Identifies model and thresholds, as reported to the service."""

    def spans(self, text: str) -> Iterable[Span]:
        """What is private in a text, in any order; offsets in its code points. Any exception means that nothing may be sent.

        Args:
            text: valid Unicode, placeholders blanked (``BLANK``).
        """


class Detector:
    """Finds e-mail addresses, numbers, secrets and the user's own terms. Holds no text; may be shared between threads.

    Args:
        rules: detection rules; by default those that come with this version.
        deny_terms: the user's own words, found as CUSTOM in any case.
        allow_terms: values that are never reported, compared whole and in any case; a denied term cannot be allowed.
        phone_regions: ISO 3166 codes whose national telephone numbers are looked for; by default those of the rules. Numbers
            with a leading + are found everywhere.
        names: finds names and addresses beside the rules; by default nothing does.

    Raises:
        InputError: a term or region is not acceptable, or a term is both denied and allowed.
        RedactionError: the rules cannot be read.

    Vectors: proto/vectors/redaction.json
    """

    def __init__(
        self,
        rules: Rules | None = None,
        *,
        deny_terms: Iterable[str] = (),
        allow_terms: Iterable[str] = (),
        phone_regions: Iterable[str] | None = None,
        names: NameFinder | None = None,
    ) -> None:
        if names is not None and not hasattr(names, "spans"):
            raise InputError(f"The name finder is of type {type(names).__name__}.", allowed="what open_names() gives")
        self._names = names
        self._rules = load_rules() if rules is None else rules
        self._groups = {
            entity_type: tuple(
                number for number, group in enumerate(self._rules.exclude) if entity_type in group.entity_types
            )
            for entity_type in EntityType
        }
        self._regions = (
            self._rules.phone_regions
            if phone_regions is None
            else checked_regions(check_texts("The list of regions", phone_regions))
        )
        characters = self._rules.characters
        self._denied = Terms(
            check_texts("The deny list", deny_terms), characters=characters, gap=self._rules.term_gap, purpose="deny"
        )
        self._allowed = Terms(
            check_texts("The allow list", allow_terms), characters=characters, gap=self._rules.term_gap, purpose="allow"
        )
        if self._denied.shares_with(self._allowed):
            raise InputError("A term is both denied and allowed.", next_step="remove it from one of the lists")

    @property
    def rules_version(self) -> str:
        """Version of the rules, and of the name finder if there is one, as reported to the service."""
        return f"{self._rules.version}+{self._names.version}" if self._names else self._rules.version

    @property
    def names(self) -> NameFinder | None:
        """The name finder, if there is one."""
        return self._names

    def find(self, text: str) -> tuple[Span, ...]:
        """What is private in a text: spans in order, none overlapping (``merge_spans``), none inside a placeholder.

        Args:
            text: any text, also one that is not valid Unicode.

        Raises:
            InputError: the text is of another type.
            RedactionError: a rule failed; nothing may be sent.
        """
        check_type("The text", text, str)
        return self.merge(self.claims(text))

    def merge(self, claims: Iterable[Span]) -> tuple[Span, ...]:
        """Join claims that overlap, by the priority of the rules."""
        return merge_spans(claims, priority=self._rules.priority)

    def claims(self, text: str, *, with_names: bool = True) -> tuple[Span, ...]:
        """What each rule finds on its own: spans may overlap or repeat a place. A policy applies to these, before they merge.

        Args:
            text: any text, also one that is not valid Unicode.
            with_names: ask the name finder, too, if there is one.

        Raises:
            RedactionError: a rule failed; nothing may be sent.
        """
        failed = ""
        try:
            return tuple(self._claims(text, with_names=with_names))
        except Exception as error:  # whatever it is, the text must stay
            failed = type(error).__name__
        # Raised outside the handler: the failure may hold the text, and a chained error would carry it along.
        raise RedactionError(f"A redaction rule failed ({failed}).", next_step="ask with the strategy local")

    def _claims(self, text: str, *, with_names: bool) -> Iterator[Span]:
        readable = blank_placeholders(self._rules.characters.readable(text))
        seen: set[tuple[int, int, EntityType]] = set()
        for start, end, entity_type, detector in self._found(readable):
            if (start, end, entity_type) not in seen and readable[start:end] not in self._allowed:
                seen.add((start, end, entity_type))
                yield Span(start, end, entity_type, detector)
        if self._names and with_names:
            yield from self._named(readable, self._names)

    def _named(self, text: str, names: NameFinder) -> Iterator[Span]:
        """What the name finder finds, but for allowed terms and for numbers of dates, versions and coordinates."""
        allowed = list(self._allowed.spans(text))
        places: dict[int, list[tuple[int, int]]] = {}
        for span in names.spans(text):
            if text[span.start : span.end] in self._allowed:
                continue
            inside, cut = self._look_alikes_of(text, self._groups[span.entity_type], places)
            if _Cover((*inside, *cut)).holds(span.start, span.end):
                continue
            for piece in _without(span, sorted([*allowed, *cut]), text):
                is_cut = (piece.start, piece.end) != (span.start, span.end) and bool(cut)
                if not is_cut or sum(map(str.isdigit, text[piece.start : piece.end])) >= _FEWEST_DIGITS:
                    yield piece

    def allowed(self, text: str) -> Iterator[tuple[int, int]]:
        """Where allowed terms stand in a text, start and end in code points."""
        return self._allowed.spans(self._rules.characters.readable(text))

    @property
    def unspaced(self) -> tuple[tuple[int, int], ...]:
        """Code points, inclusive, of scripts that put no spaces between words."""
        return self._rules.characters.unspaced

    def _found(self, text: str) -> Iterator[tuple[int, int, EntityType, str]]:
        """What the rules and the user's terms find in a text, in its plainer copies and in what is encoded in it."""
        copies = list(self._copies(text))
        for copy in (None, *copies):
            searched = copy.text if copy else text
            # Numbers read the same in the first copy, and asking libphonenumber twice is slow.
            for span in self._all(searched, skipped="phone" if copies and not copy else ""):
                yield *(copy.original(span.start, span.end) if copy else (span.start, span.end)), *_what(span)
            for start, end in self._denied.spans(searched):
                yield *(copy.original(start, end) if copy else (start, end)), EntityType.CUSTOM, CUSTOM_DETECTOR
        plain = copies[0] if copies else None
        searched = plain.text if plain else text
        for start, end, inside in self._rules.disguises.decoded(searched):
            for span in self._inside(inside, searched[max(0, start - _AROUND) : start], searched[end : end + _AROUND]):
                yield *(plain.original(start, end) if plain else (start, end)), *_what(span)

    def _copies(self, text: str) -> Iterator[Shadow]:
        """The plainer copies in which values may stand: with plain characters, then unescaped, then joined."""
        latest = self._rules.characters.shadow(text)
        if latest:
            yield latest
        for rewrite in (self._rules.disguises.unescaped,) * _ESCAPED_AT_MOST + (self._rules.disguises.joined,):
            copy = rewrite(latest.text if latest else text)
            if copy:
                latest = copy.over(latest) if latest else copy
                plainer = self._rules.characters.shadow(latest.text)
                latest = plainer.over(latest) if plainer else latest
                yield latest

    def _inside(self, text: str, before: str, after: str) -> Iterator[Span]:
        """What stands in a decoded token, with the text around it as context. Nothing in it is decoded again."""
        whole = f"{before}{BLANK}{text}{BLANK}{after}"
        shadow = self._rules.characters.shadow(whole)
        searched = shadow.text if shadow else whole
        terms = (Span(start, end, EntityType.CUSTOM, CUSTOM_DETECTOR) for start, end in self._denied.spans(searched))
        for span in chain(self._search(searched, skipped=""), terms):
            start, end = shadow.original(span.start, span.end) if shadow else (span.start, span.end)
            if end > len(before) + 1 and start <= len(before) + len(text):
                yield span

    def _all(self, text: str, *, skipped: str) -> Iterator[Span]:
        """What the rules find in one copy, also by what a label far away says and by what stands beside it in a column."""
        found = list(self._search(text, skipped=skipped))
        columns = columns_of(text, self._rules.labels)
        known = {(span.start, span.end) for span in found}
        copy = labelled(text, columns, self._rules.labels, known=known)
        for span in self._search(copy.text, skipped=skipped) if copy else ():
            place = copy.original(span.start, span.end) if copy else None
            if place:
                found.append(Span(*place, span.entity_type, span.detector))
        labels = self._rules.labels
        versions = {cell for column in columns if labels.is_version(column.label) for cell in column.cells}
        yield from (
            span
            for span in found
            if span.entity_type is not EntityType.IP_ADDRESS or (span.start, span.end) not in versions
        )
        types = {(span.start, span.end): span.entity_type for span in found}
        for start, end, entity_type in self._rules.siblings.found(text, columns, types):
            yield Span(start, end, entity_type, COLUMN_DETECTOR)

    def _search(self, text: str, *, skipped: str) -> Iterator[Span]:
        """What the rules find in one copy, without the rules of the validator to be skipped."""
        found: list[tuple[int, int]] = []
        covers: dict[tuple[int, ...], tuple[_Cover, str]] = {}
        places: dict[int, list[tuple[int, int]]] = {}
        for rule in self._rules.prefilter.candidates(text):
            if rule.validator == skipped:
                continue
            groups = self._groups[rule.entity_type]
            if groups not in covers:
                covers[groups] = self._without_look_alikes(text, groups, places)
            excluded, searched = covers[groups]
            # What is already found is no telephone number, and asking libphonenumber is slow.
            searched = _blanked(searched, found) if rule.validator == "phone" else searched
            for start, end in self._candidates(rule, searched, excluded):
                found.append((start, end))
                yield Span(start, end, rule.entity_type, rule.name)

    def _candidates(self, rule: Rule, text: str, excluded: _Cover) -> Iterator[tuple[int, int]]:
        check = CHECKS[rule.validator]
        for match in rule.pattern.finditer(text):
            group = next((number for number, value in enumerate(match.groups(), 1) if value is not None), 0)
            if excluded.holds(*match.span(group)):
                continue
            for start, end in check(text, match.start(group), match.end(group), rule, self._rules, self._regions):
                if (
                    not excluded.holds(start, end)
                    and self._has_edges(rule, text, start, end)
                    and not (rule.alone and _goes_on(text, start, end))
                    and (not rule.needs_context or rule.has_context(text, start, end))
                ):
                    yield start, end

    def _has_edges(self, rule: Rule, text: str, start: int, end: int) -> bool:
        unspaced = self._rules.characters.unspaced
        if rule.edges != "none" and start and is_letter(text[start - 1], unspaced):
            return False
        return rule.edges != "both" or end == len(text) or not is_letter(text[end], unspaced)

    def _without_look_alikes(
        self, text: str, groups: tuple[int, ...], places: dict[int, list[tuple[int, int]]]
    ) -> tuple[_Cover, str]:
        """Where no finding may lie, and the text in which it is looked for; ``places`` of each group are kept for the next."""
        inside, cut = self._look_alikes_of(text, groups, places)
        return _Cover(inside), _blanked(text, cut)

    def _look_alikes_of(
        self, text: str, groups: tuple[int, ...], places: dict[int, list[tuple[int, int]]]
    ) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Places of the look-alikes in which no finding may lie, and of those into which none may reach."""
        inside: list[tuple[int, int]] = []
        cut: list[tuple[int, int]] = []
        for number in groups:
            group = self._rules.exclude[number]
            if number not in places:
                places[number] = self._look_alikes(group, text)
            (cut if group.cuts else inside).extend(places[number])
        return inside, cut

    def _look_alikes(self, group: LookAlikes, text: str) -> list[tuple[int, int]]:
        """Dates, UUIDs, coordinates and the like, where they are not part of something longer."""
        found = []
        for pattern in group.patterns:
            for match in pattern.finditer(text):
                start, end = match.span()
                around = text[max(0, start - 1) : start] + text[end : end + 1]
                goes_on = text[end : end + 1] in (".", "-") and text[end + 1 : end + 2].isdigit()
                if not goes_on and not any(map(str.isalnum, around)):
                    found.append((start, end))
        return found


def _without(span: Span, cut: Iterable[tuple[int, int]], text: str) -> Iterator[Span]:
    """What is left of a finding outside of [start, end) of each, where it still holds a letter or a digit."""
    position = span.start
    for start, end in (*cut, (span.end, span.end)):
        low, high = max(start, position), min(end, span.end)
        if high < position or start > span.end:
            continue
        if any(map(str.isalnum, text[position:low])):
            yield replace(span, start=position, end=low)
        position = max(position, high)


def _what(span: Span) -> tuple[EntityType, str]:
    return span.entity_type, span.detector


def _goes_on(text: str, start: int, end: int) -> bool:
    """Whether another digit stands beside [start, end), one separator away. A space is one where the number itself has some."""
    separators = _SEPARATORS + " " if " " in text[start:end] else _SEPARATORS
    before = start > 1 and text[start - 1] in separators and "0" <= text[start - 2] <= "9"
    after = text[end : end + 1] in tuple(separators) and "0" <= text[end + 1 : end + 2] <= "9"
    return before or after


def _blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    pieces: list[str] = []
    position = 0
    for start, end in sorted(spans):
        if end > position:
            pieces += [text[position:start], BLANK * (end - max(start, position))]
            position = end
    return "".join([*pieces, text[position:]])


class _Cover:
    """Intervals, asked whether one of them holds another."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        ordered = sorted(spans)
        self._starts = [start for start, _ in ordered]
        # The furthest end so far stands in for nested intervals, so that one look-up is enough.
        self._furthest = list(accumulate((end for _, end in ordered), max))

    def holds(self, start: int, end: int) -> bool:
        position = bisect_right(self._starts, start) - 1
        return position >= 0 and self._furthest[position] >= end
