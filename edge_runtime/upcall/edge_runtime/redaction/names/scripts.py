"""Names that the model cannot read: its alphabet is Latin, so other scripts are counted, and a few cues find names in them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from upcall.edge_runtime.redaction.entities import EntityType, Span
from upcall.edge_runtime.redaction.names.rules import NameRules, load_name_rules


def unread_letters(text: str, rules: NameRules | None = None) -> int:
    """The number of letters of scripts that the name model does not read, such as Cyrillic or Thai.

    Args:
        text: any.
        rules: by default those that come with this version.

    Raises:
        RedactionError: the rules cannot be read.
    """
    if text.isascii():
        return 0
    ranges = (load_name_rules() if rules is None else rules).unread_scripts
    starts = [start for start, _ in ranges]
    count = 0
    for character in text:
        point = ord(character)
        if point >= starts[0] and (index := bisect_right(starts, point) - 1) >= 0:
            count += point <= ranges[index][1] and character.isalpha()
    return count


def cued(text: str, rules: NameRules) -> Iterator[Span]:
    """Names behind words such as "Меня зовут", and account names in home folders; the first group of a pattern is the name.

    Args:
        text: valid Unicode, placeholders blanked.
        rules: with the patterns.
    """
    for pattern in rules.name_forms:
        for match in pattern.finditer(text):
            start, end = match.span(1)
            if start < end:
                yield Span(start, end, EntityType.PERSON, "name_cue", rules.cue_score)
    for pattern in rules.home_folders:
        for match in pattern.finditer(text):
            start, end = match.span(1)
            if match[1].lower() not in rules.generic_accounts and not _PLAIN.fullmatch(match[1]):
                yield Span(start, end, EntityType.PERSON, "home_folder", rules.cue_score)


_PLAIN = re.compile(r"[\W\d_]+")
