"""The tokenizer as it is written into a bundle."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models

from upcall.edge_runtime.errors import ModelError
from upcall.export.sources.model import TokenizerFields
from upcall.export.sources.tokenizer import build_tokenizer, save_tokenizer

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


@pytest.mark.parametrize(
    ("tokens", "kinds"),
    [([], []), (["a", "b"], [1]), (["a"], [1, 1]), (["a", "a"], [1, 1])],
    ids=["no tokens", "a kind less", "a kind more", "a token twice"],
)
def test_fields_that_are_no_tokenizer_are_refused(tokens: list[str], kinds: list[int]) -> None:
    fields = TokenizerFields("gpt2", "smollm", tokens, kinds, merges=[], eos_id=0, add_bos=False, chat_template="")
    with pytest.raises(ModelError, match="tokenizer is damaged"):
        build_tokenizer(fields)
