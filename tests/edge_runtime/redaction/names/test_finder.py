"""Windows, order and offsets of the name finder, on a classifier that knows one name; and whole, on the real model."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge_runtime.redaction.work import calls
from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.errors import RedactionError
from upcall.edge_runtime.opening import open_names
from upcall.edge_runtime.redaction import Detector, EntityType, Policy, Vault, redact_messages
from upcall.edge_runtime.redaction.names.decoding import Tokens
from upcall.edge_runtime.redaction.names.finder import Names
from upcall.edge_runtime.redaction.names.rules import load_name_rules

LABELS = ("O", *(f"{side}-{name}" for name in load_name_rules().labels for side in "BI"))
ANNA = LABELS.index("B-GIVEN_NAME")


class KnowsAnna:
    """Sure of every "Anna", blind to all else; cannot take texts of more than ``most`` words."""

    version = "anna"
    labels: Sequence[str] = LABELS

    def __init__(self, *, most: int = 10_000) -> None:
        self.seen: list[str] = []
        self._most = most

    def classify(self, text: str) -> Tokens | None:
        self.seen.append(text)
        words = [match.span() for match in re.finditer(r"\S+", text)]
        if len(words) > self._most:
            return None
        probabilities = np.zeros((len(words), len(LABELS)), np.float32)
        for row, (start, end) in enumerate(words):
            probabilities[row, ANNA if text[start:end].startswith("Anna") else 0] = 1
        return Tokens(np.array(words, np.int64).reshape(-1, 2), probabilities)


def found(text: str, classifier: KnowsAnna | None = None) -> list[str]:
    return [text[span.start : span.end] for span in Names(classifier or KnowsAnna()).spans(text)]


def test_a_name_wherever_it_stands_in_a_long_text() -> None:
    for place in range(380, 520, 7):
        text = "x " * (place // 2) + "Anna" + " x" * 300
        assert found(text) == ["Anna"], place


def test_windows_overlap_and_are_no_longer_than_the_model_allows() -> None:
    classifier = KnowsAnna()
    text = "Anna " * 400
    spans = Names(classifier).spans(text)
    assert "".join(text[span.start : span.end] for span in spans).count("Anna") == 400
    rules = load_name_rules()
    assert {len(window) for window in classifier.seen[:-1]} == {rules.window_characters}
    step = rules.window_characters - rules.window_overlap
    assert len(classifier.seen) == -(-(len(text) - rules.window_overlap) // step)


def test_a_window_of_too_many_tokens_is_halved() -> None:
    classifier = KnowsAnna(most=30)
    assert found("one two " * 25 + "Anna " + "three four " * 25, classifier) == ["Anna"]


def test_a_model_that_takes_nothing_fails() -> None:
    with pytest.raises(RedactionError, match="takes no text"):
        found("one", KnowsAnna(most=0))


def test_a_model_that_fails_is_not_asked_again() -> None:
    class Fails(KnowsAnna):
        def classify(self, text: str) -> Tokens | None:
            self.seen.append(text)
            raise RedactionError("The name model failed.")

    classifier = Fails()
    with pytest.raises(RedactionError, match="model failed"):
        found("one two three", classifier)
    assert classifier.seen == ["one two three"]


def test_a_cue_counts_only_where_nothing_else_was_found() -> None:
    assert found("in /home/kowalczyk/a and /home/kowalczyk/b") == ["kowalczyk", "kowalczyk"]
    text = "Меня зовут Anna, /home/Anna1"
    assert [(text[span.start : span.end], span.detector) for span in Names(KnowsAnna()).spans(text)] == [
        ("Anna", "names"),
        ("Anna1", "home_folder"),
    ]


def test_many_cues_take_work_in_proportion_to_their_number() -> None:
    def calls_for(cues: int) -> int:
        text = "".join(f"/home/kowalczyk{cue}/x " for cue in range(cues))
        return calls(lambda: Names(KnowsAnna()).spans(text))

    calls_for(10)
    assert calls_for(1_000) < 6 * calls_for(200)


def test_nothing_is_asked_about_nothing() -> None:
    for text in ("", " \n", "\x00\x00", "😀", "..."):
        classifier = KnowsAnna()
        assert found(text, classifier) == [] and not classifier.seen


def test_other_labels_are_refused() -> None:
    classifier = KnowsAnna()
    classifier.labels = ("O", "B-PLANET", "I-PLANET")
    with pytest.raises(RedactionError, match="other labels"):
        Names(classifier)


def test_the_version_names_rules_and_model() -> None:
    assert Names(KnowsAnna()).version == f"names-{load_name_rules().version}-anna"
    assert Detector(names=Names(KnowsAnna())).rules_version.endswith("-anna")


def test_placeholders_are_neither_read_nor_covered() -> None:
    classifier = KnowsAnna()
    detector = Detector(names=Names(classifier))
    text = "Anna [[PERSON_1_k7]] Anna"
    assert [(span.start, span.end) for span in detector.find(text)] == [(0, 4), (21, 25)]
    assert "PERSON" not in classifier.seen[0]


@given(st.text(alphabet=st.characters(), max_size=60), st.text(alphabet=st.characters(), max_size=60))
def test_any_text_around_a_name(before: str, after: str) -> None:
    text = f"{before} Anna {after}"
    spans = Detector(names=Names(KnowsAnna())).find(text)
    start = len(before) + 1
    assert all(any(span.start <= place < span.end for span in spans) for place in range(start, start + 4))
    assert all(0 <= span.start < span.end <= len(text) for span in spans)


@given(st.text(alphabet=st.sampled_from("Ana \x00.,'-\u0301\u200b😀שé1"), max_size=80))
def test_restoring_gives_the_text_back(text: str) -> None:
    content = f"Anna {text}"
    vault = Vault(nonce="k7")
    redacted = redact_messages(
        [Message(Role.USER, content)], detector=Detector(names=Names(KnowsAnna())), vault=vault, policy=Policy()
    )
    assert vault.restore(redacted.messages[-1].content) == content
    assert not re.search(r"(?<!\w)Anna(?!\w)", redacted.messages[-1].content)


@pytest.mark.weights
def test_hostile_text_on_the_real_model() -> None:
    names = open_names()
    for text in (
        "\ud800 Anna Kowalczyk \udfff".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
        "e\u0301" * 400 + " Anna Kowalczyk",
        "שלום " * 120 + "Anna Kowalczyk",
        "👩‍👩‍👧 " * 90 + "Anna Kowalczyk",
        "[CLS] [SEP] [MASK] Anna Kowalczyk",
        "각" * 480 + " Anna Kowalczyk",
    ):
        spans = names.spans(text)
        start = text.index("Anna")
        assert any(span.start <= start and span.end >= start + 14 for span in spans), text[:9]


@pytest.mark.weights
def test_one_entity_keeps_its_placeholder_over_a_conversation() -> None:
    detector, vault = Detector(names=open_names()), Vault(nonce="k7")
    said = [
        Message(Role.USER, "My name is Anna Kowalczyk."),
        Message(Role.ASSISTANT, "Hello Anna Kowalczyk."),
        Message(Role.USER, "Write to Peter Hofmann, from Anna Kowalczyk."),
    ]
    sent = redact_messages(said, detector=detector, vault=vault, policy=Policy())
    contents = [message.content for message in sent.messages[1:]]
    assert not re.search("Anna|Kowalczyk|Peter|Hofmann", " ".join(contents))
    assert all("[[PERSON_1_k7]]" in content for content in contents) and "[[PERSON_2_k7]]" in contents[2]
    assert [vault.restore(content) for content in contents] == [message.content for message in said]
    assert sent.counts == {EntityType.PERSON: 2}
