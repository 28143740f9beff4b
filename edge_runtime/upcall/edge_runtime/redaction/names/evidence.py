"""Whether a name is a private person's: the model takes tools, scientists, fonts and towns in everyday questions for people."""

from __future__ import annotations

import re
from collections.abc import Sequence

from upcall.edge_runtime.redaction.entities import EntityType
from upcall.edge_runtime.redaction.limits import limits
from upcall.edge_runtime.redaction.names.code import CodeIdentifiers
from upcall.edge_runtime.redaction.names.decoding import NAMES, Piece, Word, is_mixed_case
from upcall.edge_runtime.redaction.names.rules import NameRules

_LIMITS = limits("names_evidence")
_PHRASE_BEFORE = _LIMITS["phrase_before_words"]  # words
_VERSUS = " v"  # of a case in court
_LONGEST_PUBLIC = _LIMITS["longest_public_words"]  # words of a name
_SHORTEST_STREET = _LIMITS["shortest_street"]  # letters; shorter words are also others, such as "do"
_END = re.compile(r"[.!?][\"')\]]*\s|\n")


class Evidence:
    """Drops findings for which nothing but the model speaks, in texts in which nothing is about a private person.

    Args:
        rules: lists of public names, given names and cue words.
    """

    def __init__(self, rules: NameRules) -> None:
        self._rules = rules
        self._limits = rules.evidence

    def private(
        self, text: str, words: Sequence[Word], pieces: Sequence[Piece], forms: Sequence[Piece] = ()
    ) -> list[Piece]:
        """The pieces that stay, some without the public words at their edges.

        Args:
            text: that the words are of.
            words: all of the text.
            pieces: in order, none overlapping.
            forms: addresses that were found by their form, which need no more evidence.
        """
        if not pieces:
            return []
        lower = [word.value.lower() for word in words]
        openers = self._openers(text, words)
        code = CodeIdentifiers(text, self._rules)
        known = {form.first for form in forms}
        certain: list[Piece] = []
        others: list[Piece] = []
        for piece in pieces:
            if not known.isdisjoint(range(piece.first, piece.last + 1)):
                certain.append(piece)
            elif not self._is_identifier(code, words, lower, piece) and not self._is_asked_about(lower, openers, piece):
                others.append(piece)
        trimmed = [(piece, self._trimmed(lower, piece)) for piece in others]
        kept = [one for _, one in trimmed if one]
        small = not is_mixed_case(text)
        sure = [
            piece
            for piece in kept
            if self._is_sure(lower, piece, self._floor(lower[openers[piece.first]], small=small))
        ]
        is_personal = any(word in self._rules.personal_words for word in lower) or any(
            piece.kind is not EntityType.LOCATION for piece in (*sure, *certain)
        )
        if is_personal:
            # Where people are spoken of, "Jackson" and "White" are two of them.
            sure = [one or piece for piece, one in trimmed if one or self._may_be_person(lower, piece)]
        return sorted((*certain, *sure), key=lambda piece: piece.first)

    def _is_identifier(self, code: CodeIdentifiers, words: Sequence[Word], lower: Sequence[str], piece: Piece) -> bool:
        """Whether it is one of code, and no given name."""
        return (
            piece.kind in NAMES
            and not self._has_given(lower, piece)
            and not self._has_cue(lower, piece)
            and code.is_identifier(words[piece.first].start, words[piece.last].end)
        )

    def _is_asked_about(self, lower: Sequence[str], openers: Sequence[int], piece: Piece) -> bool:
        """Whether a question is about a public person, such as "who was" or "discover", or a thing named after one."""
        opener = openers[piece.first]
        if piece.kind is not EntityType.PERSON or lower[opener] not in self._rules.question_words:
            return False
        end = piece.last + 1
        following = lower[end] if end < len(lower) and openers[end] == opener else ""
        if following in self._rules.public_behind or lower[piece.last] in self._rules.public_behind:
            return True
        if following in self._rules.eponym_heads and not self._has_given(lower, piece):
            return True
        before = " ".join(lower[max(opener, piece.first - _PHRASE_BEFORE) : piece.first])
        if before.endswith(_VERSUS):
            return True
        # In small letters the model takes more of the sentence for a name: "who was maria talking to".
        goes_on = end - piece.first > _LONGEST_PUBLIC or lower[piece.last] in self._rules.common_words
        return before in self._rules.public_before and following in ("", "and") and not goes_on

    def _has_given(self, lower: Sequence[str], piece: Piece) -> bool:
        return any(value in self._rules.given_names for value in lower[piece.first : piece.last + 1])

    def _may_be_person(self, lower: Sequence[str], piece: Piece) -> bool:
        values = lower[piece.first : piece.last + 1]
        return (
            piece.kind is EntityType.PERSON
            and piece.score > self._limits.personal
            and any(value in self._rules.given_names or value not in self._rules.public_names for value in values)
        )

    def _openers(self, text: str, words: Sequence[Word]) -> list[int]:
        """For each word the first one of its sentence."""
        openers = [0]
        for index in range(1, len(words)):
            # No sentence ends with the "v." of a case in court, nor with an initial.
            is_letter = words[index - 1].end - words[index - 1].start == 1
            begins = not is_letter and _END.search(text, words[index - 1].end, words[index].start)
            openers.append(index if begins else openers[-1])
        return openers

    def _floor(self, opener: str, *, small: bool) -> float:
        """What the mass of a name must exceed for which no cue speaks: in questions more."""
        if opener in self._rules.question_words:
            return self._limits.question
        return self._limits.alone_small if small else self._limits.alone

    def _trimmed(self, lower: Sequence[str], piece: Piece) -> Piece | None:
        """The piece without what is public; None where nothing is left."""
        first, last = piece.first, piece.last
        if piece.kind is EntityType.ADDRESS:
            return piece if self._is_place(lower, piece) else None
        if piece.kind not in (EntityType.PERSON, EntityType.LOCATION):
            return piece
        if self._has_cue(lower, piece) if piece.kind is EntityType.PERSON else self._is_home(lower, piece):
            return piece
        if piece.kind is EntityType.PERSON and any(map(str.isdigit, "".join(lower[first : last + 1]))):
            return None
        if self._is_public(lower, first, last) or self._is_phrase(lower, first, last):
            return None
        values = lower[first : last + 1]
        if any(value in self._rules.given_names and value not in self._rules.public_names for value in values):
            return piece
        while first < last and self._is_loose(lower[first]):
            first += 1
        while last > first and self._is_loose(lower[last]):
            last -= 1
        if self._is_loose(lower[first]) or self._is_public(lower, first, last):
            return None
        return Piece(first, last, piece.kind, piece.score)

    def _is_loose(self, word: str) -> bool:
        """Whether a word at the edge of a name is none: an everyday word that is no given name."""
        return word in self._rules.everyday_words and word not in self._rules.given_names

    def _is_public(self, lower: Sequence[str], first: int, last: int) -> bool:
        """Whether all of it is public: one name of the list, or several."""
        while first < last and self._is_loose(lower[first]):
            first += 1
        while last > first and self._is_loose(lower[last]):
            last -= 1
        whole = " ".join(lower[first : last + 1])
        return whole in self._rules.public_names or all(
            word in self._rules.public_names or word in self._rules.everyday_words for word in lower[first : last + 1]
        )

    def _is_phrase(self, lower: Sequence[str], first: int, last: int) -> bool:
        """Whether it is a part of a public name of several words, such as "Adam optimizer"."""
        for low in range(max(0, first - self._limits.phrase_words + 1), first + 1):
            for high in range(last, min(len(lower), low + self._limits.phrase_words)):
                if high > low and " ".join(lower[low : high + 1]) in self._rules.public_names:
                    return True
        return False

    def _is_place(self, lower: Sequence[str], piece: Piece) -> bool:
        """Whether an address is more than a word with digits ("int4", "v2.4.1") or a public word and a number."""
        values = lower[piece.first : piece.last + 1]
        if any(self._is_street(value) for value in values) or not any(map(str.isalpha, "".join(values))):
            return True
        return any(
            not any(map(str.isdigit, value))
            and value not in self._rules.public_names
            and value not in self._rules.everyday_words
            for value in values
        )

    def _is_street(self, value: str) -> bool:
        if value in self._rules.street_words:
            return len(value) >= _SHORTEST_STREET or value not in self._rules.everyday_words
        return value.endswith(self._rules.street_endings)

    def _is_home(self, lower: Sequence[str], piece: Piece) -> bool:
        """Whether a word such as "live" stands shortly before a place."""
        near = lower[max(0, piece.first - self._limits.residence_words) : piece.first]
        return any(value in self._rules.residence_words for value in near)

    def _is_sure(self, lower: Sequence[str], piece: Piece, floor: float) -> bool:
        values = lower[piece.first : piece.last + 1]
        is_asked = floor >= self._limits.question
        if piece.kind is EntityType.PERSON:
            if self._has_given(lower, piece) and (not is_asked or piece.score > self._limits.given):
                return True
            if self._has_cue(lower, piece) and piece.score > self._limits.cue:
                return True
            several = len(values) > 1 and floor < self._limits.alone_small
            return piece.score > (self._limits.pair if several else floor)
        if piece.kind is EntityType.ADDRESS:
            joined = "".join(values)
            if not any(map(str.isalpha, joined)):
                return True  # a number stands behind a word such as "zip"
            if any(map(str.isdigit, joined)) and any(self._is_street(value) for value in values):
                return True
            if is_asked and not any(map(str.isdigit, values)) and not self._is_home(lower, piece):
                return False  # "Is Madison Square Garden indoors?", "Which lens for a Sony A7 IV?"
            is_long = len(values) >= self._limits.address_words or floor < self._limits.address
            return is_long and piece.score > min(floor, self._limits.address)
        if piece.kind is EntityType.LOCATION:
            is_told = floor < self._limits.alone_small and piece.score > self._limits.place
            return is_told or self._is_home(lower, piece)
        return True

    def _has_cue(self, lower: Sequence[str], piece: Piece) -> bool:
        """Whether a word shortly before says that a person follows, or one behind a given name what that person does."""
        near = lower[max(0, piece.first - self._limits.cue_words) : piece.first]
        if any(value in self._rules.person_words for value in near):
            return True
        following = lower[piece.last + 1] if piece.last + 1 < len(lower) else ""
        return lower[piece.last] in self._rules.given_names and following in self._rules.person_verbs
