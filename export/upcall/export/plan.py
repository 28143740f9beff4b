"""What to export, what it needs, and what is refused before anything is read."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from upcall.edge_runtime.errors import InputError, ModelError
from upcall.edge_runtime.home import upcall_home
from upcall.edge_runtime.memory import available_memory_bytes
from upcall.export.bundle.folder import check_target
from upcall.export.checks.threshold import DEFAULT_TARGET
from upcall.export.recipes import ONNX_INT4_G32, Recipe
from upcall.export.sources.model_files import float_bytes
from upcall.routing.heads.router_head import RouterHead

PROGRAM_CONTEXT = 2048
"""Tokens of an ExecuTorch program's cache: it stands in memory whole from the start, so a long one costs even when not used."""
# Against the weights as float32, which stand in memory as read, in the graph, in the engine and in PyTorch; and what PyTorch,
# transformers and their working memory take whatever the model. Together they were 3.4 GB for 135 million parameters.
_MEMORY_FACTOR = 3
_MEMORY_BASE = 1_200_000_000
_BUNDLE_FACTOR = {4: 0.25, 8: 0.375, 32: 1.0}


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What to make.

    Args:
        source: a GGUF file, or a folder with config.json, safetensors and tokenizer.json.
        model_id: catalogue name, or the user's.
        licence: SPDX identifier; empty takes the file's own field.
        target: the bundle's folder.
        recipe: how to store the weights.
        target_kept_accuracy: for the threshold, above 0, at most 1.
        force: replace a bundle that is there.
        revision: what identifies the weights; empty takes the hash of the files.
        context_length: most tokens of an ExecuTorch program's cache, where the model has more.
        heads: trained router heads, of different stages, made for this model and recipe; None takes those that Upcall ships.

    Raises:
        InputError: the target accuracy is outside its range.
    """

    source: Path
    model_id: str
    licence: str
    target: Path
    recipe: Recipe = ONNX_INT4_G32
    target_kept_accuracy: float = DEFAULT_TARGET
    force: bool = False
    revision: str = ""
    context_length: int = PROGRAM_CONTEXT
    heads: tuple[RouterHead, ...] | None = None

    def __post_init__(self) -> None:
        if not 0 < self.target_kept_accuracy <= 1:
            raise InputError(f"The target accuracy is {self.target_kept_accuracy}.", allowed="above 0, at most 1")

    @property
    def disk_bytes(self) -> int:
        """Estimate of what must be free: the float32 graph, for a while, and the bundle."""
        return float_bytes(self.source) + self.bundle_bytes

    @property
    def bundle_bytes(self) -> int:
        """Estimate of the bundle."""
        return int(_BUNDLE_FACTOR[self.recipe.bits] * float_bytes(self.source))

    @property
    def memory_bytes(self) -> int:
        """Estimate of the peak."""
        own_copy = 1 if self.source.is_dir() else 0  # transformers reads a folder for itself
        return _MEMORY_BASE + (_MEMORY_FACTOR + own_copy) * float_bytes(self.source)


def check_plan(plan: ExportPlan) -> None:
    """Refuse what cannot succeed, before anything is read.

    Raises:
        InputError: the source is not there, or the target must not be replaced.
        ModelError: the source is a folder without weights, or there is too little memory or disk.
    """
    if not plan.source.exists():
        raise InputError(f"There is no file {plan.source}.", allowed="a GGUF file or a folder with safetensors")
    check_target(plan.target, force=plan.force)
    folder = next(parent for parent in plan.target.absolute().parents if parent.exists())
    home = next(parent for parent in (upcall_home() / "work").absolute().parents if parent.exists())
    for place in (folder, home):
        if (free := shutil.disk_usage(place).free) < plan.disk_bytes:
            raise ModelError(
                f"The disk of {place} has {free / 1e6:,.0f} MB free; the export needs {plan.disk_bytes / 1e6:,.0f} MB.",
                next_step="free some space, or choose --out and UPCALL_HOME on another disk",
            )
    memory = available_memory_bytes()
    if memory is not None and memory < plan.memory_bytes:
        raise ModelError(
            f"{memory / 1e6:,.0f} MB of memory are free; the export may need {plan.memory_bytes / 1e6:,.0f} MB.",
            next_step="end other programs, or export a smaller model",
        )
