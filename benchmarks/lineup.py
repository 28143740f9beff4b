"""Who takes part in ``benchmarks.engines``, each at its best known settings."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.subjects import ChildModel, Label, LlamaBench, Subject, stored_bytes
from upcall.edge_runtime.bundle import Bundle, open_bundle
from upcall.edge_runtime.downloads.catalogue import find
from upcall.edge_runtime.downloads.store import model_path
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.opening import default_bundle_path

MODEL = "smollm2-135m-instruct"
GENAI = "onnxruntime-genai"
_SUFFIXES = {"ONNX": ".onnx", "ExecuTorch": ".pte"}
PEERS = ("xllamacpp", "transformers")
_CONTEXT = 1024  # holds the longest case


def check(given: argparse.Namespace) -> None:
    """Refuse options that cannot be measured, before anything is.

    Raises:
        InputError: a file is missing, or half of a pair.
    """
    unknown = set(given.peers) - set(PEERS)
    if unknown:
        raise InputError(f"There is no peer {', '.join(sorted(unknown))}.", allowed=", ".join(PEERS))
    for one, other in (("llama_bench", "llama_model"), ("genai_python", "genai_model")):
        if bool(getattr(given, one)) != bool(getattr(given, other)):
            raise InputError(f"--{one} and --{other} belong together.".replace("_", "-"))
    for path in (given.llama_bench, *given.llama_model, given.genai_python, given.genai_model):
        if path is not None and not path.exists():
            raise InputError(f"There is no {path}.", next_step="see the end of --help for how to build it")


def bundles(given: argparse.Namespace) -> list[Bundle]:
    """The bundles to measure, verified; by default the default one."""
    return [open_bundle(path) for path in given.bundle or [default_bundle_path()]]


def start(given: argparse.Namespace, *, question: str) -> Iterator[Subject]:
    """Load them one after another.

    Args:
        given: the command's options.
        question: what sessions are asked.

    Raises:
        MeasuringError: one cannot load.
    """
    yield from _upcall(given, question)
    gguf = model_path(find(MODEL))
    if "xllamacpp" in given.peers:
        settings = "wheel of xllamacpp on the Q4_1 file; batch 512, prompt cache off, greedy, its own timings"
        yield _peer(given, "xllamacpp", "llama.cpp wheel", gguf, settings=settings, bytes_per_token=gguf.stat().st_size)
    for model in given.llama_model:
        settings = f"llama-bench on {model.name}; defaults otherwise, nothing is sampled"
        label = _peer_label(f"llama.cpp native, {model.stem}", settings, model, model.stat().st_size)
        yield LlamaBench(label, given.llama_bench, model, given.threads)
    if given.genai_model is not None:
        weights = sum(path.stat().st_size for path in given.genai_model.glob("*.onnx*"))
        settings = "its own builder's int4, block 32, accuracy level 4; its own generator, greedy, exact length"
        yield ChildModel(
            label=_peer_label(GENAI, settings, given.genai_model, weights),
            command=[str(given.genai_python), "-m", "benchmarks.genai_model"],
            settings={"model": str(given.genai_model.absolute()), "threads": given.threads},
        )
    if "transformers" in given.peers:
        settings = "float32, dequantised from the Q4_1 file at load; scaled-dot-product attention, not compiled"
        yield _peer(given, "transformers", "transformers", gguf, settings=settings, bytes_per_token=None)


def _upcall(given: argparse.Namespace, question: str) -> Iterator[Subject]:
    opened = bundles(given)
    engines = [_engine(bundle) for bundle in opened]
    for bundle, engine in zip(opened, engines, strict=True):
        label = Label(
            name=f"Upcall {engine}" if engines.count(engine) == 1 else f"Upcall {engine}, {bundle.path.name}",
            settings=f"recipe {bundle.manifest.recipe}, bundle verified at load",
            is_upcall=True,
            bytes_per_token=_model_bytes(bundle, _SUFFIXES[engine]),
            stored_bytes=stored_bytes(bundle.path),
        )
        yield ChildModel(
            label=label,
            command=[sys.executable, "-m", "benchmarks.upcall_models"],
            settings={"bundle": str(bundle.path.absolute()), "threads": given.threads, "question": question},
            cases=frozenset({"prefill", "decode", "check", "session"}),
        )


def _peer(
    given: argparse.Namespace, kind: str, name: str, gguf: Path, *, settings: str, bytes_per_token: int | None
) -> Subject:
    return ChildModel(
        label=_peer_label(name, settings, gguf, bytes_per_token),
        command=[sys.executable, "-m", "benchmarks.peer_models"],
        settings={"kind": kind, "model": str(gguf.absolute()), "threads": given.threads, "context": _CONTEXT},
    )


def _peer_label(name: str, settings: str, stored: Path, bytes_per_token: int | None) -> Label:
    return Label(
        name=name,
        settings=settings,
        is_upcall=False,
        bytes_per_token=bytes_per_token,
        stored_bytes=stored_bytes(stored),
    )


def _engine(bundle: Bundle) -> str:
    """The engine that ``open_engine`` takes for the bundle: ONNX wherever there is a graph."""
    return "ONNX" if _model_bytes(bundle, _SUFFIXES["ONNX"]) else "ExecuTorch"


def _model_bytes(bundle: Bundle, suffix: str) -> int:
    return sum(file.size_bytes for file in bundle.manifest.files if file.path == f"model{suffix}")
