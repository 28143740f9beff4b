"""What can be found, and how findings that overlap become one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class EntityType(StrEnum):
    """Kinds of private text, named as in ``upcall.protocol.v1.EntityType``."""

    EMAIL = "EMAIL"
    PHONE = "PHONE"
    CREDIT_CARD = "CREDIT_CARD"
    IBAN = "IBAN"
    US_SSN = "US_SSN"
    IP_ADDRESS = "IP_ADDRESS"
    SECRET = "SECRET"  # noqa: S105 - a kind, not a secret
    CUSTOM = "CUSTOM"
    US_ITIN = "US_ITIN"
    US_EIN = "US_EIN"
    US_ABA = "US_ABA"
    BANK_ACCOUNT = "BANK_ACCOUNT"
    NATIONAL_ID = "NATIONAL_ID"
    PASSPORT = "PASSPORT"
    DRIVER_LICENCE = "DRIVER_LICENCE"
    MEDICAL_ID = "MEDICAL_ID"
    CRYPTO = "CRYPTO"
    MAC_ADDRESS = "MAC_ADDRESS"
    DATE_OF_BIRTH = "DATE_OF_BIRTH"
    AGE = "AGE"
    PERSON = "PERSON"
    ADDRESS = "ADDRESS"
    ORG = "ORG"
    LOCATION = "LOCATION"


@dataclass(frozen=True, slots=True)
class Span:
    """One finding: half-open, in code points of the text as given.

    Args:
        start, end: 0 ≤ start < end ≤ length of the text.
        entity_type: what it is.
        detector: name of the rule or model that found it.
        score: 0 to 1, how sure the detector is; rules are sure.
    """

    start: int
    end: int
    entity_type: EntityType
    detector: str
    score: float = 1.0


def merge_spans(spans: Iterable[Span], *, priority: Mapping[EntityType, int]) -> tuple[Span, ...]:
    """Join spans that overlap, so that no character which any rule claimed is left behind.

    A group of overlapping spans becomes one span over all of them. Its type, detector and score are those of its longest
    member; among equally long ones the type that comes first in ``priority`` wins, then the earlier start, then the name of
    the detector. Spans that only touch stay apart. The result is in order of position and does not depend on the order given.

    Args:
        spans: of one text.
        priority: rank of each type, lower wins.
    """

    def rank(span: Span) -> tuple[int, int, int, str]:
        return (span.start - span.end, priority[span.entity_type], span.start, span.detector)

    merged: list[Span] = []
    group: list[Span] = []
    end = -1

    def close() -> None:
        if group:
            best = min(group, key=rank)
            merged.append(Span(group[0].start, end, best.entity_type, best.detector, best.score))

    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        if span.start >= end:
            close()
            group = []
        group.append(span)
        end = max(end, span.end)
    close()
    return tuple(merged)
