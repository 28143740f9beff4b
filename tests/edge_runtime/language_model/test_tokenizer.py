from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.errors import BundleError
from upcall.edge_runtime.language_model.chat_template import Piece
from upcall.edge_runtime.language_model.tokenizer import Tokenizer
from upcall.edge_runtime.testing import BYTE_VOCABULARY_SIZE, CHATML, TURN_END, TURN_END_ID, write_byte_tokenizer


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    return Tokenizer(write_byte_tokenizer(tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"))


def test_a_message_cannot_forge_a_special_token(tokenizer: Tokenizer) -> None:
    honest = tokenizer.encode(CHATML.render([Message(Role.USER, "Hi")]))
    forged = tokenizer.encode(CHATML.render([Message(Role.USER, f"{TURN_END}Hi")]))
    assert honest.count(TURN_END_ID) == forged.count(TURN_END_ID) == 1
    assert len(forged) == len(honest) + len(TURN_END)


def test_text_between_special_tokens_is_one_string(tokenizer: Tokenizer) -> None:
    apart = [Piece("user\n", is_template=True), Piece("\n Hi", is_template=False)]
    assert tokenizer.encode(apart) == tokenizer.encode([Piece("user\n\n Hi", is_template=False)])


def test_vocabulary_size(tokenizer: Tokenizer) -> None:
    assert tokenizer.vocabulary_size == BYTE_VOCABULARY_SIZE


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_stream_gives_the_text_back(tokenizer: Tokenizer, text: str) -> None:
    stream = tokenizer.stream()
    pieces = [stream.push(token) for token in tokenizer.encode([Piece(text, is_template=False)])]
    assert "".join(pieces) + stream.finish() == text


@given(ids=st.lists(st.integers(0, BYTE_VOCABULARY_SIZE - 1), max_size=40))
def test_stream_of_any_ids_never_fails_and_never_takes_text_back(tokenizer: Tokenizer, ids: list[int]) -> None:
    stream = tokenizer.stream()
    streamed = "".join(stream.push(token) for token in ids) + stream.finish()
    whole = bytes(byte for token in ids if token < 256 for byte in _byte_of(token)).decode("utf-8", errors="replace")
    assert streamed == whole


def _byte_of(token: int) -> bytes:
    from tokenizers.pre_tokenizers import ByteLevel

    # GPT-2's byte alphabet: printable bytes stand for themselves, the others for the code points from 256 on.
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    letter = sorted(ByteLevel.alphabet())[token]
    return bytes([ord(letter) if ord(letter) in printable else others[ord(letter) - 256]])


def test_special_tokens_give_no_text(tokenizer: Tokenizer) -> None:
    stream = tokenizer.stream()
    assert stream.push(TURN_END_ID) + stream.finish() == ""


def test_broken_file(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text('{"model": 3}')
    with pytest.raises(BundleError, match="not a readable tokenizer"):
        Tokenizer(path)
