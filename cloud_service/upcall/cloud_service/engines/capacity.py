"""Whether this machine can hold what was asked for, found out before anything is started."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from pathlib import Path

from upcall.cloud_service.engines.gguf import GgufModel
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.memory import available_memory_bytes
from upcall.edge_runtime.processors import physical_cores

MAX_SLOTS = 128
"""llama.cpp takes at least one token of each slot into a batch, and a batch has 128 (``llamacpp_worker``)."""

MIN_CONTEXT_LENGTH = 256


def check_capacity(model: GgufModel, *, threads: int, slots: int, context_length: int) -> None:
    """Compare settings with the processors and the memory of this machine and with the model.

    Args:
        model: to be loaded.
        threads: of the engine; 0 leaves the choice to ``default_threads``.
        slots: requests that run at the same time.
        context_length: tokens of each slot.

    Raises:
        InputError: a setting cannot work; the text names it.
    """
    processors = usable_processors()
    if not 0 <= threads <= processors:
        raise InputError(
            f"--threads is {threads:,}.",
            allowed=f"1 to {processors:,}, the processors that this process may use; 0 takes one for each core of them",
            next_step="leave --threads out",
        )
    if not 1 <= slots <= MAX_SLOTS:
        raise InputError(f"--slots is {slots:,}.", allowed=f"1 to {MAX_SLOTS}", next_step="lower --slots")
    longest = model.context_length
    if context_length < MIN_CONTEXT_LENGTH or (longest is not None and context_length > longest):
        most = "" if longest is None else f" to {longest:,}, for which the model was made"
        raise InputError(
            f"--context-length is {context_length:,}.",
            allowed=f"{MIN_CONTEXT_LENGTH}{most}",
            next_step="change --context-length",
        )
    _check_memory(model, slots=slots, context_length=context_length)


def default_threads() -> int:
    """One for each physical core that this process may use."""
    return min(physical_cores(), usable_processors())


def usable_processors() -> int:
    """Logical processors by affinity and by the quota of a container, at least 1."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _first_numbers("/sys/fs/cgroup/cpu.max")
    if len(quota) != 2:  # version 1 of control groups
        v1 = [_first_numbers(f"/sys/fs/cgroup/cpu/cpu.cfs_{name}_us") for name in ("quota", "period")]
        quota = [number for numbers in v1 for number in numbers]
    if len(quota) == 2 and quota[0] > 0 and quota[1] > 0:
        count = min(count, math.ceil(quota[0] / quota[1]))
    return max(1, count)


def _check_memory(model: GgufModel, *, slots: int, context_length: int) -> None:
    free = available_memory_bytes()
    contexts = slots * context_length * model.cache_bytes_per_token
    if free is None or model.size_bytes + contexts <= free:
        return
    room = free - model.size_bytes
    if room < MIN_CONTEXT_LENGTH * model.cache_bytes_per_token or not model.cache_bytes_per_token:
        raise InputError(
            f"The model {model.path} has {_gigabytes(model.size_bytes)}.",
            allowed=f"{_gigabytes(free)}, the memory that is free",
            next_step="end other programs, or serve a smaller model with --model",
        )
    raise InputError(
        f"--slots {slots:,} times --context-length {context_length:,} is {slots * context_length:,} tokens, which take "
        f"{_gigabytes(contexts)} beside the {_gigabytes(model.size_bytes)} of the model.",
        allowed=f"{room // model.cache_bytes_per_token:,} tokens in all, for the {_gigabytes(free)} of memory that are free",
        next_step="lower --slots or --context-length, or end other programs",
    )


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:,.1f} GB"


def _first_numbers(path: str) -> list[int]:
    """The whole numbers of a file's first line; none where there is no such file, or it says ``max``."""
    try:
        words: Iterable[str] = Path(path).read_text(encoding="ascii").split("\n")[0].split()
        return [int(word) for word in words]
    except (OSError, ValueError):
        return []
