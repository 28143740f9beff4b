from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from upcall.edge_runtime.redaction.entities import EntityType, Span, merge_spans
from upcall.protocol.v1 import redaction_pb2

PRIORITY = {entity_type: rank for rank, entity_type in enumerate(EntityType)}

spans = st.lists(
    st.builds(
        lambda start, length, entity_type: Span(start, start + length, entity_type, entity_type.lower()),
        st.integers(0, 40),
        st.integers(1, 12),
        st.sampled_from(EntityType),
    )
)


def test_names_are_those_of_the_protocol() -> None:
    names = {
        name.removeprefix("ENTITY_TYPE_")
        for name in redaction_pb2.DESCRIPTOR.enum_types_by_name["EntityType"].values_by_name
    } - {"UNSPECIFIED"}
    assert names == set(EntityType)


def test_longest_gives_the_type() -> None:
    merged = merge_spans(
        [Span(0, 4, EntityType.EMAIL, "a"), Span(3, 9, EntityType.PHONE, "b"), Span(9, 10, EntityType.IBAN, "c")],
        priority=PRIORITY,
    )
    assert merged == (Span(0, 9, EntityType.PHONE, "b"), Span(9, 10, EntityType.IBAN, "c"))


def test_priority_decides_between_equals() -> None:
    merged = merge_spans([Span(1, 5, EntityType.PHONE, "b"), Span(1, 5, EntityType.EMAIL, "a")], priority=PRIORITY)
    assert merged == (Span(1, 5, EntityType.EMAIL, "a"),)


@given(spans, st.randoms(use_true_random=False))
def test_merging_covers_the_same_characters_in_any_order(given_spans: list[Span], random: Random) -> None:
    merged = merge_spans(given_spans, priority=PRIORITY)
    assert {i for s in merged for i in range(s.start, s.end)} == {i for s in given_spans for i in range(s.start, s.end)}
    assert all(before.end <= after.start for before, after in pairwise(merged))
    shuffled = list(given_spans)
    random.shuffle(shuffled)
    assert merge_spans(shuffled, priority=PRIORITY) == merged
