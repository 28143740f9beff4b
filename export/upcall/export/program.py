"""The model of a bundle for ExecuTorch: made, and measured against the PyTorch module that it was lowered from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import ModelError
from upcall.edge_runtime.language_model.engine import Engine
from upcall.edge_runtime.language_model.sampling import log_softmax
from upcall.export.recipes import Recipe
from upcall.export.source import DecoderShape, Weights
from upcall.protocol.v1.bundle_pb2 import Measurement

EXTRA = ("torch", "torchao", "executorch", "gguf")
TOOLS = ("executorch", "gguf", "numpy", "tokenizers", "torch", "torchao", "transformers", "upcall")
MAX_CONTEXT = 2048
"""Tokens of the cache: it stands in memory whole from the start, so a long one costs even when it is not used."""
MAX_LOWERED_DISTANCE = 0.25


def save_program(
    weights: Weights, recipe: Recipe, shape: DecoderShape, path: Path, *, samples: Sequence[Sequence[int]]
) -> Engine:
    """Write the program.

    Args:
        weights: as ``joined`` gives them.
        recipe: one of ExecuTorch's.
        shape: of the decoder.
        path: of the file.
        samples: token ids of texts to tune the rounding on, each within the context.

    Returns:
        The module that was lowered, in PyTorch: with the same weights and the same rounding.

    Raises:
        ModelError: a matrix whose inputs are no multiple of 32.
    """
    from upcall.export.decoder import Decoder, EagerEngine
    from upcall.export.lowering import lower, quantise_decoder

    decoder = Decoder(weights, shape)
    if recipe.bits == 4:
        quantise_decoder(decoder, samples)
    path.write_bytes(lower(decoder))
    return EagerEngine(decoder)


def float_engine(weights: Weights, shape: DecoderShape) -> Engine:
    """The decoder in float32, run by PyTorch."""
    from upcall.export.decoder import Decoder, EagerEngine

    return EagerEngine(Decoder(weights, shape))


def check_lowered(program: Engine, eager: Engine, prompts: Sequence[Sequence[int]]) -> list[Measurement]:
    """The program against the module it was lowered from, and a prompt in chunks of seven against the prompt at once.

    By the distance of the distributions of the next token: activations are rounded to int8, one scale a token, so that a
    difference of 1e-6 between two kernels tips values from one step to the next in every layer.

    Raises:
        ModelError: a total variation distance is above MAX_LOWERED_DISTANCE.
    """
    against_eager = in_chunks = 0.0
    for prompt in prompts:
        for engine in (program, eager):
            engine.truncate(0)
        at_once = program.forward(prompt).logits.copy()
        against_eager = max(against_eager, _distance(at_once, eager.forward(prompt).logits))
        program.truncate(len(prompt) // 2)
        for start in range(program.position, len(prompt), 7):
            step = program.forward(prompt[start : start + 7])
        in_chunks = max(in_chunks, _distance(at_once, step.logits))
    return [
        _checked("program vs the same in PyTorch, next token", against_eager),
        _checked("prompt in chunks vs at once, next token", in_chunks),
    ]


def _distance(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> float:
    distance = 0.5 * float(np.abs(np.exp(log_softmax(ours)) - np.exp(log_softmax(theirs))).sum())
    return distance if np.isfinite(distance) else 1.0


def _checked(name: str, value: float) -> Measurement:
    if not value <= MAX_LOWERED_DISTANCE:
        raise ModelError(
            f"The check '{name}' failed: {value:.3g}.",
            allowed=f"≤ {MAX_LOWERED_DISTANCE:g}",
            next_step="report it with the model's name; no bundle was written",
        )
    return Measurement(name=name, value=value, unit="total variation", bound=f"≤ {MAX_LOWERED_DISTANCE:g}")
