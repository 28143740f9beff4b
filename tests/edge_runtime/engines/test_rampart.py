"""The name model in its faster graph against the published one; what is no such model is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from upcall.edge_runtime.downloads.catalogue import find
from upcall.edge_runtime.downloads.store import model_path
from upcall.edge_runtime.engines.rampart import RampartClassifier
from upcall.edge_runtime.engines.rampart_graph import fast_graph
from upcall.edge_runtime.errors import RedactionError

TEXTS = (
    "My name is Anna Kowalczyk and I live at 12 Elm Street, Springfield.",
    "What is 12 + 30?",
    "Ich heiße Jürgen Müller. " * 12,
    "x",
)


def read(name: str) -> bytes:
    return model_path(find("rampart")).with_name(name).read_bytes()


def opened(**changed: bytes) -> RampartClassifier:
    return RampartClassifier(
        model=changed.get("model") or read("model_q4.onnx"),
        tokenizer=changed.get("tokenizer") or read("tokenizer.json"),
        config=changed.get("config") or read("config.json"),
    )


@pytest.mark.weights
def test_the_faster_graph_says_nearly_the_same() -> None:
    classifier: Any = opened()
    published = onnxruntime.InferenceSession(read("model_q4.onnx"), providers=["CPUExecutionProvider"])
    for text in TEXTS:
        tokens = classifier.classify(text)
        ids = np.array([classifier._tokenizer.encode(text).ids], np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        scores = published.run(None, inputs)[0][0, 1:-1]
        wanted = np.exp(scores - scores.max(axis=1, keepdims=True))
        wanted /= wanted.sum(axis=1, keepdims=True)
        assert np.abs(tokens.probabilities - wanted).mean() < 0.002  # measured 0.0008 at most
        assert (tokens.probabilities.argmax(axis=1) == wanted.argmax(axis=1)).mean() > 0.95
        np.testing.assert_allclose(tokens.probabilities.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.weights
def test_offsets_are_code_points_of_the_text() -> None:
    classifier = opened()
    text = "😀 Ame\u0301lie, 東京 [MASK] \x00 ÅNGSTRÖM"
    tokens = classifier.classify(text)
    assert tokens is not None
    pieces = [text[start:end] for start, end in tokens.offsets]
    assert "".join(pieces).replace(" ", "") in text.replace(" ", "").replace("\x00", "") or "東" in pieces
    assert all(0 <= start < end <= len(text) for start, end in tokens.offsets)
    assert list(tokens.offsets[:, 0]) == sorted(tokens.offsets[:, 0])
    assert len(classifier.labels) == tokens.probabilities.shape[1] == 35


@pytest.mark.weights
def test_a_text_too_long_has_no_tokens() -> None:
    classifier = opened()
    assert classifier.classify("a " * 510) is not None
    assert classifier.classify("a " * 511) is None


@pytest.mark.weights
@pytest.mark.parametrize("part", ["model", "tokenizer", "config"])
@pytest.mark.parametrize("content", [b"", b"{}", b"\x08\x0a\x12", b'{"id2label": {"0": "O"}}'])
def test_other_files_are_refused(part: str, content: bytes) -> None:
    changed = {part: content or b" "}
    with pytest.raises(RedactionError, match="cannot be loaded"):
        opened(**changed)


@pytest.mark.weights
def test_a_damaged_model_is_refused() -> None:
    model = read("model_q4.onnx")
    with pytest.raises(RedactionError, match="cannot be loaded"):
        opened(model=model[: len(model) // 2])


@pytest.mark.weights
def test_an_engine_that_fails_is_a_redaction_error(tiny_graph: Path) -> None:
    classifier: Any = opened()
    classifier._session = onnxruntime.InferenceSession(
        tiny_graph, providers=["CPUExecutionProvider"]
    )  # wants other inputs
    with pytest.raises(RedactionError, match="The name model failed"):
        classifier.classify("Anna")


@pytest.mark.weights
def test_another_graph_is_refused(tiny_graph: Any) -> None:
    with pytest.raises((StopIteration, KeyError)):
        fast_graph(tiny_graph.read_bytes())
