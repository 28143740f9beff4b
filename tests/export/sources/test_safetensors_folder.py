"""A folder from end to end, and what is wrong with folders."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tests.export.folder import VOCABULARY, write_folder, write_tokenizer
from upcall.edge_runtime.bundle import open_bundle
from upcall.edge_runtime.engines.verification import verify_engine
from upcall.edge_runtime.errors import InputError, ModelError
from upcall.export import ExportPlan, export
from upcall.export.sources.model_files import content_revision, locate
from upcall.export.sources.safetensors_folder import read_folder
from upcall.export.sources.tokenizer import build_tokenizer, stop_token_ids

INDEX = "model.safetensors.index.json"


@pytest.mark.parametrize(
    ("family", "changes"),
    [("llama3", {"num_hidden_layers": 1, "hidden_size": 80, "intermediate_size": 200}), ("gemma3", {})],
    ids=["one layer of odd sizes", "gemma3"],
)
def test_from_folder_to_bundle(
    home: Path, tmp_path: Path, short_export: None, family: str, changes: dict[str, Any]
) -> None:
    folder = write_folder(tmp_path / "My-Model", family, changes=changes)
    (folder / "README.md").write_text("---\nlicense: apache-2.0\nlanguage: en\n---\n# A model\n", encoding="utf-8")
    found = locate(str(folder))
    plan = ExportPlan(found.path, found.name, found.licence, tmp_path / "out" / "bundle")
    manifest = export(plan)
    bundle = open_bundle(plan.target)
    assert (manifest.model.id, manifest.model.licence) == ("My-Model", "Apache-2.0")
    assert manifest.model.revision == content_revision(folder)
    assert manifest.shape.vocabulary_size == VOCABULARY
    assert bundle.stop_token_ids == {0, 2}
    assert bundle.template.default_system == "Be brief."
    assert len(list(verify_engine(bundle))) == 5


def test_shards_are_one_model(tmp_path: Path) -> None:
    whole = read_folder(write_folder(tmp_path / "whole", "qwen2"))
    shards = write_folder(tmp_path / "shards", "qwen2", max_shard_size="50KB")
    assert len(list(shards.glob("*.safetensors"))) > 2
    read = read_folder(shards)
    assert read.weights.keys() == whole.weights.keys()
    assert all((read.weights[name] == whole.weights[name]).all() for name in read.weights)


def test_a_file_beside_holds_the_template_and_more_ends(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "model", "llama")
    (folder / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [2, 7]}), encoding="utf-8")
    source = read_folder(folder)
    assert source.tokenizer.chat_template == "{{ messages }}"
    assert stop_token_ids(source.tokenizer, build_tokenizer(source.tokenizer)) == (0, 2, 7)
    assert source.tokenizer.special == {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>"}


def test_the_default_of_several_templates(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "model", "llama")
    several = [{"name": "tool_use", "template": "a"}, {"name": "default", "template": "b"}]
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": several}), encoding="utf-8")
    assert read_folder(folder).tokenizer.chat_template == "b"


def test_special_tokens_beyond_the_embedding_are_left_out(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "model", "gemma3")
    write_tokenizer(folder, more_special=tuple(f"<picture {number}>" for number in range(5)))
    tokenizer = build_tokenizer(read_folder(folder).tokenizer)
    assert tokenizer.get_vocab_size(with_added_tokens=True) == VOCABULARY


def cut(path: Path, *, kept: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])


def change(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def change_tensors(folder: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    tensors = load_file(folder / "model.safetensors")
    edit(tensors)
    save_file(tensors, folder / "model.safetensors")


def other_tokenizer(folder: Path, *, words: int) -> None:
    content = json.loads((folder / "tokenizer.json").read_text())
    content["model"] = {"type": "WordLevel", "vocab": {f"w{n}": n for n in range(words)}, "unk_token": "w0"}
    content["added_tokens"] = []
    (folder / "tokenizer.json").write_text(json.dumps(content))


def spoil(folder: Path, tensor: str, value: float) -> None:
    """Put a number that is none in the middle of a tensor."""

    def change_one(own: dict[str, Any]) -> None:
        own[tensor] = own[tensor].copy()
        own[tensor].flat[own[tensor].size // 2] = value

    change_tensors(folder, change_one)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no configuration": (lambda folder: (folder / "config.json").unlink(), "lacks config.json"),
    "no tokenizer": (lambda folder: (folder / "tokenizer.json").unlink(), "lacks tokenizer.json"),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), "has neither model.safetensors"),
    "empty weights": (lambda folder: (folder / "model.safetensors").write_bytes(b""), "damaged or cut short"),
    "cut header": (lambda folder: cut(folder / "model.safetensors", kept=0.001), "damaged or cut short"),
    "cut weights": (lambda folder: cut(folder / "model.safetensors", kept=0.9), "damaged or cut short"),
    "broken configuration": (lambda folder: cut(folder / "config.json", kept=0.5), "not readable JSON"),
    "a list": (lambda folder: (folder / "config.json").write_text("[1]"), "no JSON object"),
    "an absurd field": (lambda folder: change(folder / "config.json", rope_theta={}), "not the configuration"),
    "another size": (lambda folder: change(folder / "config.json", intermediate_size=128), r"0\.down, 0\.gate"),
    "more layers": (lambda folder: change(folder / "config.json", num_hidden_layers=3), r"2\.attention_norm"),
    "no head": (lambda folder: change(folder / "config.json", tie_word_embeddings=False), r"lm_head\.weight"),
    "an adapter": (
        lambda folder: change_tensors(folder, lambda own: own.update(lora_A=np.zeros(4, dtype=np.float32))),
        "tensor 'lora_A'",
    ),
    "whole numbers": (
        lambda folder: change_tensors(
            folder, lambda own: own.update({"model.norm.weight": np.ones(64, dtype=np.int8)})
        ),
        "torch.int8",
    ),
    "a weight that is no number": (
        lambda folder: spoil(folder, "model.layers.1.mlp.down_proj.weight", math.nan),
        r"'model\.layers\.1\.mlp\.down_proj\.weight' of model\.safetensors has 1 numbers",
    ),
    "an infinite norm": (lambda folder: spoil(folder, "model.norm.weight", -math.inf), "'model.norm.weight'"),
    "heads that do not share": (
        lambda folder: change(folder / "config.json", num_key_value_heads=3),
        "4 heads and 3 of keys",
    ),
    "a head that cannot be rotated": (lambda folder: change(folder / "config.json", head_dim=15), "have 15 numbers"),
    "no rotary base": (lambda folder: change(folder / "config.json", rope_theta=0), "rotary positions is 0"),
    "an index that points outside": (
        lambda folder: (folder / INDEX).write_text(json.dumps({"weight_map": {"a": "../x.safetensors"}})),
        "is damaged",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_folder_is_refused(damage: str, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "model", "llama")
    harm, text = DAMAGES[damage]
    harm(folder)
    with pytest.raises(ModelError, match=text):
        read_folder(folder)


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "model", "llama", max_shard_size="50KB")
    shard = sorted(folder.glob("*.safetensors"))[1]
    shard.unlink()
    with pytest.raises(ModelError, match=shard.name):
        read_folder(folder)


@pytest.mark.parametrize("words", [100, 1000])
def test_the_tokenizer_of_another_model_is_refused(tmp_path: Path, words: int) -> None:
    folder = write_folder(tmp_path / "model", "llama")
    other_tokenizer(folder, words=words)
    with pytest.raises(ModelError, match="tokenizer of another model"):
        build_tokenizer(read_folder(folder).tokenizer)


@pytest.mark.parametrize("content", ["", "{}", "[]", "null", "[" * 50])
def test_a_broken_tokenizer_is_refused(tmp_path: Path, content: str) -> None:
    folder = write_folder(tmp_path / "model", "llama")
    (folder / "tokenizer.json").write_text(content)
    with pytest.raises(ModelError, match="not a readable tokenizer"):
        build_tokenizer(read_folder(folder).tokenizer)


def test_a_cut_tokenizer_is_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "model", "llama")
    cut(folder / "tokenizer.json", kept=0.5)
    with pytest.raises(ModelError, match="not a readable tokenizer"):
        build_tokenizer(read_folder(folder).tokenizer)


def test_a_tokenizer_of_no_words_is_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "model", "llama")
    other_tokenizer(folder, words=0)
    with pytest.raises(ModelError, match="tokenizer"):
        build_tokenizer(read_folder(folder).tokenizer)


@pytest.mark.parametrize("ends", [[], [9999]])
def test_a_model_without_an_end_is_refused(tmp_path: Path, ends: list[int]) -> None:
    folder = write_folder(tmp_path / "model", "llama")
    change(folder / "config.json", eos_token_id=ends)
    (folder / "generation_config.json").unlink()
    other_tokenizer(folder, words=VOCABULARY)
    source = read_folder(folder)
    with pytest.raises(ModelError, match="no token that ends an answer"):
        stop_token_ids(source.tokenizer, build_tokenizer(source.tokenizer))


def test_locate_knows_what_is_meant(home: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent/model/x"):
        locate("absent/model/x")
    with pytest.raises(InputError, match="no model at"):
        locate(str(tmp_path / "absent"))
    with pytest.raises(InputError, match="--revision"):
        locate(str(tmp_path), revision="main")
    with pytest.raises(ModelError, match="upcall pull"):
        locate("smollm2-135m-instruct")
