"""Reading a folder as transformers saves it: config.json, safetensors in one file or in shards, tokenizer.json, templates."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from upcall.edge_runtime.errors import ModelError, require
from upcall.export.sources.families import shape_from_config, weight_name
from upcall.export.sources.model import (
    Array,
    DecoderShape,
    SourceModel,
    TokenizerFile,
    check_finite,
    check_shape,
    check_weights,
)

CONFIG = "config.json"
TOKENIZER_FILE = "tokenizer.json"
_INDEX = "model.safetensors.index.json"
_ONE_FILE = "model.safetensors"
_COPY_AGAIN = "copy or download the model anew"
_DERIVED = re.compile(r"rotary_emb\.inv_freq$")  # old files keep what the configuration says already


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a folder, whether they are there or not.

    Raises:
        ModelError: there is none, or the index of the shards is damaged.
    """
    if (folder / _INDEX).is_file():
        shards = _json(folder / _INDEX).get("weight_map")
        if not isinstance(shards, dict) or not all(_is_plain(name) for name in shards.values()):
            raise ModelError(f"{_INDEX} of {folder} is damaged.", next_step=_COPY_AGAIN)
        return [folder / name for name in sorted(set(shards.values()))]
    if (folder / _ONE_FILE).is_file():
        return [folder / _ONE_FILE]
    raise ModelError(
        f"{folder} has neither {_ONE_FILE} nor {_INDEX}.",
        allowed="a folder as transformers' save_pretrained writes it",
        next_step=f"{_COPY_AGAIN}, its weights as safetensors",
    )


def missing_files(folder: Path) -> list[str]:
    """Names of what a folder lacks to be exported.

    Raises:
        ModelError: it has no weights, or the index of the shards is damaged.
    """
    wanted = [folder / CONFIG, folder / TOKENIZER_FILE, *weight_files(folder)]
    return [path.name for path in wanted if not path.is_file()]


def read_folder(folder: Path) -> SourceModel:
    """Read a model.

    Raises:
        ModelError: a file is missing or damaged, the architecture is another, or tensors do not fit it.
    """
    if missing := missing_files(folder):
        raise ModelError(f"{folder} lacks {', '.join(missing)}.", next_step=_COPY_AGAIN)
    config = _json(folder / CONFIG)
    try:
        shape = shape_from_config(config)
        check_shape(shape)
    except ModelError:
        raise
    except Exception as error:  # KeyError, TypeError, ValueError: fields that are missing or of another kind
        raise ModelError(f"{folder / CONFIG} is not the configuration of a model.", next_step=_COPY_AGAIN) from error
    weights = dict(_weights(folder, shape))
    if config.get("tie_word_embeddings", shape.architecture == "gemma3_text"):
        weights.pop("head", None)  # some files repeat the embedding
    elif "head" not in weights:
        raise ModelError(f"{folder} lacks the tensor lm_head.weight.", next_step=_COPY_AGAIN)
    check_weights(weights, shape=shape, name=folder.name)
    return SourceModel(
        shape=shape,
        tokenizer=_tokenizer(folder, config, shape),
        weights=weights,
        licence=_licence(folder / "README.md"),
        parameter_count=sum(int(weight.size) for weight in weights.values()),
        folder=folder,
    )


def _weights(folder: Path, shape: DecoderShape) -> Iterator[tuple[str, Array]]:
    safetensors = require("safetensors", extra="export")
    torch = require("torch", extra="export")
    for path in weight_files(folder):
        try:
            with safetensors.safe_open(str(path), framework="pt") as file:
                for tensor in file.keys():  # noqa: SIM118 - it is no mapping
                    if not _DERIVED.search(tensor):
                        yield _weight(torch, path, tensor, file.get_tensor(tensor), shape)
        except ModelError:
            raise
        except Exception as error:  # SafetensorError, OSError, and whatever torch does on broken bytes
            raise ModelError(f"{path} is damaged or cut short.", next_step=_COPY_AGAIN) from error


def _weight(torch: Any, path: Path, tensor: str, value: Any, shape: DecoderShape) -> tuple[str, Array]:
    name = weight_name(tensor, shape.architecture)
    if name is None:
        raise ModelError(
            f"{path.name} has a tensor '{tensor}' that this exporter does not know.",
            allowed=f"plain {shape.architecture} models: no adapters, no experts, no vision",
            next_step="export another model",
        )
    if value.dtype not in (torch.float32, torch.float16, torch.bfloat16):
        raise ModelError(
            f"The tensor '{tensor}' of {path.name} has the type {value.dtype}.",
            allowed="float32, float16 or bfloat16",
            next_step="export the model before it was quantised",
        )
    array = value.to(torch.float32).contiguous().numpy()
    check_finite(array, tensor=tensor, name=path.name)
    if shape.architecture == "gemma3_text" and name.endswith("norm"):
        array = array + np.float32(1)  # Gemma keeps what its norms' factors exceed 1 by
    return name, array


def _tokenizer(folder: Path, config: dict[str, Any], shape: DecoderShape) -> TokenizerFile:
    settings = _optional(folder / "tokenizer_config.json")
    generation = _optional(folder / "generation_config.json")
    template = folder / "chat_template.jinja"
    ends = [*_ids(config.get("eos_token_id")), *_ids(generation.get("eos_token_id"))]
    special = {name: _text(settings.get(name)) for name in ("bos_token", "eos_token", "unk_token", "pad_token")}
    return TokenizerFile(
        path=folder / TOKENIZER_FILE,
        vocabulary=shape.vocabulary,
        end_ids=tuple(sorted(set(ends))),
        special={name: token for name, token in special.items() if token},
        chat_template=template.read_text(encoding="utf-8")
        if template.is_file()
        else _template(settings.get("chat_template")),
    )


def _template(given: Any) -> str:
    """Where there are several, the default one."""
    if isinstance(given, list):
        given = next((entry.get("template") for entry in given if entry.get("name") == "default"), "")
    return given if isinstance(given, str) else ""


def _text(token: Any) -> str:
    """A special token is written as a string or as an object with its content."""
    return str(token.get("content", "")) if isinstance(token, dict) else str(token or "")


def _ids(given: Any) -> list[int]:
    if given is None:
        return []
    return [int(number) for number in (given if isinstance(given, list) else [given])]


def _licence(readme: Path) -> str:
    """The licence that the head of a model card names; empty where it names none."""
    text = readme.read_text(encoding="utf-8", errors="replace") if readme.is_file() else ""
    head = re.match(r"---\n(.*?)\n---", text, re.DOTALL)
    found = re.search(r"^license:\s*([\w.\-]+)\s*$", head[1], re.MULTILINE) if head else None
    return found[1] if found else ""


def _is_plain(name: object) -> bool:
    return isinstance(name, str) and name.endswith(".safetensors") and Path(name).name == name


def _optional(path: Path) -> dict[str, Any]:
    return _json(path) if path.is_file() else {}


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is not readable JSON.", next_step=_COPY_AGAIN) from error
    if not isinstance(value, dict):
        raise ModelError(f"{path} holds no JSON object.", next_step=_COPY_AGAIN)
    return value
