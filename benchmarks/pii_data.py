"""Public texts with private words marked: Presidio's synthetic prompts (MIT) and the tweets of WNUT-17 (CC-BY-4.0)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction.entities import EntityType

DATA_VARIABLE = "UPCALL_DATA"
DEV = "presidio-research/synth_dataset_v2_dev.json"
LARGE = "presidio-research/generated_large.json"
TWEETS = "wnut17/emerging.test.annotated"
CHAT_CHARACTERS = 300
TYPES = {
    "PERSON": EntityType.PERSON,
    "STREET_ADDRESS": EntityType.ADDRESS,
    "ADDRESS": EntityType.ADDRESS,
    "ZIP_CODE": EntityType.ADDRESS,
    "GPE": EntityType.LOCATION,
    "LOCATION": EntityType.LOCATION,
    "ORGANIZATION": EntityType.ORG,
    "CREDIT_CARD": EntityType.CREDIT_CARD,
    "PHONE_NUMBER": EntityType.PHONE,
    "EMAIL_ADDRESS": EntityType.EMAIL,
    "IBAN_CODE": EntityType.IBAN,
    "IP_ADDRESS": EntityType.IP_ADDRESS,
    "US_SSN": EntityType.US_SSN,
    "US_DRIVER_LICENSE": EntityType.DRIVER_LICENCE,
    "AGE": EntityType.AGE,
}
"""Labels of the synthetic prompts, and of Presidio, that a type stands for. DATE_TIME, NRP, TITLE and the like have none."""
CORE = frozenset(TYPES) - {"GPE", "LOCATION", "ORGANIZATION", "AGE"}
TWEET_GROUPS = {"person": "person", "location": "location", "corporation": "organisation", "group": "organisation"}
"""Labels of WNUT-17 that are measured; products and works are not private."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A text with what is private in it.

    Args:
        text: as written.
        spans: start, end (code points) and label.
    """

    text: str
    spans: tuple[tuple[int, int, str], ...]

    @property
    def frame(self) -> str:
        """The text without its private words, spaces and capitals: the same for texts made from one template."""
        pieces: list[str] = []
        position = 0
        for start, end, _ in sorted(self.spans):
            pieces.append(self.text[position:start])
            position = max(position, end)
        return "".join("".join([*pieces, self.text[position:]]).split()).lower()


def folder(given: Path | None) -> Path:
    """Where the data is: as given, else ``UPCALL_DATA``.

    Raises:
        InputError: neither names a folder that holds it.
    """
    path = given or Path(os.environ.get(DATA_VARIABLE, ""))
    if not (path / DEV).is_file():
        raise InputError(
            f"There is no {DEV} in the data folder.", next_step=f"name the folder with --data or {DATA_VARIABLE}"
        )
    return path


def prompts(path: Path) -> list[Marked]:
    """The synthetic prompts of one file."""
    listed = []
    for entry in json.loads(path.read_text(encoding="utf-8")):
        spans = tuple((span["start_position"], span["end_position"], span["entity_type"]) for span in entry["spans"])
        listed.append(Marked(entry["full_text"], spans))
    return listed


def other_templates(marked: Sequence[Marked], seen: Sequence[Marked]) -> list[Marked]:
    """The sentences whose template made none of the seen ones."""
    frames = {one.frame for one in seen}
    return [one for one in marked if one.frame not in frames]


def tweets(path: Path) -> list[Marked]:
    """The texts of a WNUT-17 file, words joined by single spaces."""
    listed: list[Marked] = []
    words: list[str] = []
    spans: list[tuple[int, int, str]] = []
    for line in [*path.read_text(encoding="utf-8").split("\n"), ""]:
        if not line.strip():
            if words:
                listed.append(Marked(" ".join(words), tuple(spans)))
            words, spans = [], []
            continue
        word, label = line.split("\t")[:2]
        label = label.split(",")[0]
        start = sum(map(len, words)) + len(words)
        words.append(word)
        if label.startswith("B-"):
            spans.append((start, start + len(word), label[2:]))
        elif label.startswith("I-") and spans:
            spans[-1] = (spans[-1][0], start + len(word), spans[-1][2])
    return listed


def chats(marked: Sequence[Marked], characters: int = CHAT_CHARACTERS) -> Iterator[str]:
    """Neighbouring prompts joined by line breaks until they have so many characters, then cut there."""
    joined = ""
    for one in marked:
        joined += ("\n" if joined else "") + one.text
        if len(joined) >= characters:
            yield joined[:characters]
            joined = ""
