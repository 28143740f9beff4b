"""The tokenizer as it is written into a bundle."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models

from upcall.export.sources.tokenizer import save_tokenizer

TEXT = "a b abc ☕"


@pytest.mark.parametrize(("space", "written"), [("_", ["_ b", "a _b"]), (" ", [[" ", "b"], ["a", " b"]])])
def test_merges_are_written_short_where_that_is_the_same(space: str, written: object, tmp_path: Path) -> None:
    merges = [(space, "b"), ("a", f"{space}b")]
    pieces = dict.fromkeys(["a", "b", "c", space, "☕", f"{space}b", f"a{space}b"])
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    path = tmp_path / "tokenizer.json"
    save_tokenizer(tokenizer, path)
    assert json.loads(path.read_text())["model"]["merges"] == written
    read = Tokenizer.from_file(str(path))
    text = TEXT.replace(" ", space)
    assert read.encode(text).ids == tokenizer.encode(text).ids
    assert read.encode(text).tokens[0] == f"a{space}b"
