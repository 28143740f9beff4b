"""Measures a bundle on this machine as the app does on the phone, in the form of its report."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
import time
from collections.abc import Sequence
from typing import Any

import psutil

from upcall.edge_runtime.bundle import MODEL_ONNX, Bundle
from upcall.edge_runtime.engines.opening import EngineName, open_engine
from upcall.edge_runtime.errors import InputError, require
from upcall.edge_runtime.language_model.chat_template import Piece
from upcall.edge_runtime.language_model.engine import Engine
from upcall.edge_runtime.language_model.model import PREFILL_CHUNK_TOKENS
from upcall.edge_runtime.language_model.tokenizer import Tokenizer

_TEXT = "A lighthouse keeper writes down the weather each morning: wind, clouds, the colour of the sea. "
_STEPS_AT_POSITION = 16


def require_engine(bundle: Bundle) -> None:
    """See that this machine has what runs the bundle, before the phone is measured for nothing.

    Raises:
        MissingExtraError: it has not.
    """
    if bundle.holds(MODEL_ONNX):
        require("onnxruntime", extra="onnx")
    else:
        require("executorch", extra="executorch")


def measure_here(
    bundle: Bundle, *, prompt_tokens: Sequence[int], positions: Sequence[int] = (), output_tokens: int
) -> dict[str, Any]:
    """Load the bundle and run one round for each length of prompt; greedy, the cache emptied between rounds.

    Args:
        bundle: verified.
        prompt_tokens: of each round, as many as the phone read.
        positions: behind how many tokens the speed of decoding is measured, too.
        output_tokens: of each round's answer, ≥ 2: the first one is the prompt's.

    Raises:
        InputError: prompt and answer do not fit the model's context.
        UpcallError: as ``open_engine``.
    """
    context = bundle.manifest.shape.context_length
    longest = max(max(prompt_tokens) + output_tokens, max(positions, default=0) + _STEPS_AT_POSITION * bool(positions))
    if longest > context:
        raise InputError(f"Prompt and answer have {longest:,} tokens.", allowed=f"{context:,}, the model's context")
    start = time.perf_counter()
    tokenizer = Tokenizer(bundle.tokenizer)
    engine = open_engine(bundle)
    load_ms = 1e3 * (time.perf_counter() - start)
    name = EngineName.ONNX if bundle.holds(MODEL_ONNX) else EngineName.EXECUTORCH
    try:
        tokens: list[int] = []
        while len(tokens) < max(*prompt_tokens, *positions, 0):
            tokens += tokenizer.encode([Piece(_TEXT, is_template=False)])
        rounds = [_round(engine, tokens[:count], output_tokens) for count in prompt_tokens]
        by_position = []
        for count in positions:
            taken_s = _decode_s(engine, _read(engine, tokens[:count]), _STEPS_AT_POSITION)
            by_position.append({"position": count, "decode_tokens_per_s": _STEPS_AT_POSITION / taken_s})
    finally:
        engine.close()
    return {
        "bundle": bundle.path.name,
        "engine": str(name),
        "engine_version": importlib.metadata.version("onnxruntime" if name is EngineName.ONNX else "executorch"),
        "load_ms": load_ms,
        "rounds": rounds,
        "by_position": by_position,
        "peak_rss_bytes": peak_rss_bytes(),
        "device": {
            "model": platform.processor() or platform.machine(),
            "abi": platform.machine(),
            "os": platform.platform(),
        },
    }


def peak_rss_bytes() -> int:
    """The most memory that this process ever held."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource  # POSIX only

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _round(engine: Engine, prompt: Sequence[int], output_tokens: int) -> dict[str, Any]:
    start = time.perf_counter()
    token = _read(engine, prompt)
    first_s = time.perf_counter() - start
    return {
        "prompt_tokens": len(prompt),
        "time_to_first_token_ms": 1e3 * first_s,
        "prefill_tokens_per_s": len(prompt) / first_s,
        "decode_tokens_per_s": (output_tokens - 1) / _decode_s(engine, token, output_tokens - 1),
    }


def _read(engine: Engine, prompt: Sequence[int]) -> int:
    """Read a prompt into an empty cache; gives the likeliest token after it."""
    engine.truncate(0)
    for begin in range(0, len(prompt), PREFILL_CHUNK_TOKENS):
        step = engine.forward(prompt[begin : begin + PREFILL_CHUNK_TOKENS])
    return int(step.logits.argmax())


def _decode_s(engine: Engine, token: int, count: int) -> float:
    """How long so many greedy steps take."""
    start = time.perf_counter()
    for _ in range(count):
        token = int(engine.forward([token]).logits.argmax())
    return time.perf_counter() - start
