from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.cloud_service.engines.gguf_files import CHAT, Value, gguf, write_gguf
from upcall.cloud_service.engines.gguf import read_chat_model
from upcall.edge_runtime.errors import ModelError


def test_what_a_header_says(tmp_path: Path) -> None:
    model = read_chat_model(write_gguf(tmp_path / "own.gguf"))
    assert model.context_length == 8192
    assert model.cache_bytes_per_token == 2 * 2 * (16 + 16) * 2  # layers, key heads, keys and values, bytes
    assert model.size_bytes == (tmp_path / "own.gguf").stat().st_size


@pytest.mark.parametrize(
    ("changes", "size"),
    [
        pytest.param({"llama__attention__head_count_kv": None}, 2 * 4 * 32 * 2, id="as many as heads"),
        pytest.param({"llama__attention__head_count_kv": [1, 0]}, 1 * 32 * 2, id="by layer"),
        pytest.param({"llama__attention__key_length": 100, "llama__attention__value_length": 20}, 960, id="own widths"),
        pytest.param({"llama__attention__sliding_window": 512}, 0, id="a window"),
        pytest.param({"llama__block_count": None}, 0, id="layers not told"),
        pytest.param({"llama__attention__head_count": None, "llama__attention__head_count_kv": None}, 0, id="no heads"),
    ],
)
def test_the_cost_of_a_context_is_never_estimated_too_high(
    tmp_path: Path, changes: dict[str, Value | None], size: int
) -> None:
    assert read_chat_model(write_gguf(tmp_path / "own.gguf", **changes)).cache_bytes_per_token == size


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"tokenizer__chat_template": None}, "no chat template"),
        ({"tokenizer__chat_template": ""}, "no chat template"),
        ({"general__architecture": "nomic-bert"}, "architecture"),
        ({"general__architecture": "clip"}, "architecture"),
        ({"general__architecture": None}, "no architecture"),
        ({"llama__attention__causal": False}, "vectors"),
        ({"llama__pooling_type": 3}, "vectors"),
    ],
)
def test_what_is_no_chat_model(tmp_path: Path, changes: dict[str, Value | None], why: str) -> None:
    with pytest.raises(ModelError, match=f"is not a chat model: .*{why}"):
        read_chat_model(write_gguf(tmp_path / "own.gguf", **changes))


@pytest.mark.parametrize("length", range(0, len(gguf(CHAT)), 7))
def test_a_header_that_is_cut_off(tmp_path: Path, length: int) -> None:
    path = tmp_path / "own.gguf"
    path.write_bytes(gguf(CHAT)[:length])
    with pytest.raises(ModelError, match="is not a chat model: it is no whole GGUF file"):
        read_chat_model(path)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"ONNX" + bytes(100), id="another format"),
        pytest.param(b"GGUF" + struct.pack(">IQQ", 3, 0, 1) + bytes(100), id="big-endian"),
        pytest.param(b"GGUF" + struct.pack("<IQQ", 3, 0, 2**63), id="entries without end"),
        pytest.param(b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**64 - 1), id="a key without end"),
        pytest.param(b"GGUF" + struct.pack("<IQQQIIQ", 3, 0, 1, 0, 9, 8, 2**64 - 1), id="a vocabulary without end"),
        pytest.param(b"GGUF" + struct.pack("<IQQQIIQ", 3, 0, 1, 0, 9, 6, 2**64 - 1), id="numbers without end"),
        pytest.param(b"GGUF" + struct.pack("<IQQQI", 3, 0, 1, 0, 99), id="an unknown type"),
        pytest.param(
            b"GGUF" + struct.pack("<IQQQI", 3, 0, 1, 0, 9) + struct.pack("<IQ", 9, 1) * 1_000, id="arrays in arrays"
        ),
    ],
)
def test_a_hostile_file_is_refused(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "own.gguf"
    path.write_bytes(body)
    with pytest.raises(ModelError, match="is not a chat model"):
        read_chat_model(path)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"cannot be read \(Is a directory\)"):
        read_chat_model(tmp_path)
