from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from upcall.edge_runtime.language_model.chat_template import Piece
from upcall.edge_runtime.language_model.tokenizer import Tokenizer

SUITE = json.loads((Path(__file__).parents[2] / "proto/vectors/tokenizer.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tokenizer]:
    folder = tmp_path_factory.mktemp("tokenizers")
    for name, content in SUITE["tokenizers"].items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return {name: Tokenizer(folder / f"{name}.json") for name in SUITE["tokenizers"]}


@pytest.mark.parametrize("case", SUITE["encode"], ids=lambda case: case["name"])
def test_encode(case: dict[str, Any], tokenizers: dict[str, Tokenizer]) -> None:
    pieces = [Piece(piece["text"], is_template=piece["is_template"]) for piece in case["pieces"]]
    assert tokenizers[case["tokenizer"]].encode(pieces) == case["ids"]


@pytest.mark.parametrize("case", SUITE["stream"], ids=lambda case: case["name"])
def test_stream(case: dict[str, Any], tokenizers: dict[str, Tokenizer]) -> None:
    stream = tokenizers[case["tokenizer"]].stream()
    assert [stream.push(token) for token in case["ids"]] == case["pieces"]
    assert stream.finish() == case["rest"]


@pytest.mark.parametrize("name", [name for name in SUITE["tokenizers"] if name != "fallback"])
def test_byte_level_texts_come_back(name: str, tokenizers: dict[str, Tokenizer]) -> None:
    """Each text of a message, streamed from its ids, is itself: what the suite says of both ways fits together."""
    cases = [case for case in SUITE["encode"] if case["tokenizer"] == name and len(case["pieces"]) == 1]
    messages = [case for case in cases if not case["pieces"][0]["is_template"]]
    assert len(messages) > 20
    for case in messages:
        stream = tokenizers[name].stream()
        assert "".join([*map(stream.push, case["ids"]), stream.finish()]) == case["pieces"][0]["text"]
