from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from upcall.edge_runtime.redaction.documents import Mask, PlainText, counted
from upcall.edge_runtime.redaction.entities import EntityType, Span


def _span(start: int, end: int) -> Span:
    return Span(start, end, EntityType.SECRET, "test")


def _cut(document: PlainText, start: int, end: int, placeholder: str) -> None:
    document.cut([Mask(piece, placeholder) for piece in document.pieces([_span(start, end)])])


def test_offsets_of_a_later_round_are_those_of_the_original() -> None:
    document = PlainText("abc def ghi")
    _cut(document, 4, 7, "[[SECRET_1_k7]]")
    assert document.current == "abc [[SECRET_1_k7]] ghi"
    later = document.current.index("ghi")
    assert list(document.pieces([_span(later, later + 3)])) == [_span(8, 11)]
    _cut(document, later, later + 3, "[[SECRET_2_k7]]")
    assert document.sent() == "abc [[SECRET_1_k7]] [[SECRET_2_k7]]"
    assert [(mask.span.start, mask.span.end) for mask in document.masks] == [(4, 7), (8, 11)]


def test_a_finding_leaves_placeholders_alone() -> None:
    document = PlainText("ab [[EMAIL_1_zz]] cd [[EMAIL_2_zz]][[EMAIL_3_zz]]")
    whole = _span(1, len(document.current))
    assert [(piece.start, piece.end) for piece in document.pieces([whole])] == [(1, 3), (17, 21)]
    inside = [_span(4, 8), _span(8, 19)]
    assert [(piece.start, piece.end) for piece in document.pieces(inside)] == [(17, 19)]


def test_a_piece_without_a_visible_character_is_none() -> None:
    assert not list(PlainText("a  \n b").pieces([_span(1, 5)]))


@given(st.text(min_size=1, max_size=30), st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=8))
def test_masks_put_back_give_the_original(text: str, cuts: list[tuple[int, int]]) -> None:
    document = PlainText(text)
    for number, (start, length) in enumerate(cuts, 1):
        start = min(start, len(document.current) - 1)
        end = min(start + length, len(document.current))
        _cut(document, start, end, f"[[SECRET_{number}_k7]]")
        position = 0
        pieces = []
        for mask in document.masks:
            pieces += [text[position : mask.span.start], mask.placeholder]
            position = mask.span.end
        assert document.current == "".join([*pieces, text[position:]])
        assert all(
            one.span.end <= other.span.start for one, other in zip(document.masks, document.masks[1:], strict=False)
        )


def test_counted() -> None:
    masks = [("a", EntityType.EMAIL), ("b", EntityType.EMAIL), ("a", EntityType.EMAIL), ("c", EntityType.PHONE)]
    assert counted(masks) == {EntityType.EMAIL: 2, EntityType.PHONE: 1}
