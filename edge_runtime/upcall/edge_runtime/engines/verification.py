"""Whether a bundle works on this machine: beyond its bytes, that its engine computes what it must."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.bundle import EXPORT_AGAIN, MODEL_ONNX, MODEL_PTE, Bundle
from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.decision.features import AnswerFeatures, pre_features
from upcall.edge_runtime.engines.opening import open_engine
from upcall.edge_runtime.errors import BundleError, EngineError
from upcall.edge_runtime.language_model.engine import Engine, RouterStage, Step, logit_rows
from upcall.edge_runtime.language_model.sampling import log_softmax
from upcall.edge_runtime.language_model.tokenizer import Tokenizer

MAX_CHUNKED_DISTANCES = {MODEL_ONNX: 0.1, MODEL_PTE: 0.25}
"""Total variation of two distributions of the next token, as the exporter bounds it: activations in 8 bits round otherwise for
one token than for many, and more so with one scale a token, as in ExecuTorch programs."""
_GREEDY_STEPS = 16
_CHUNKS = (7, 1)
_QUESTION = "What is the capital of France? Answer in one sentence, and add 12 to 30."


@dataclass(frozen=True, slots=True)
class Verified:
    """Something that holds.

    Args:
        name: what was checked.
        found: in words or numbers.
    """

    name: str
    found: str


def verify_engine(bundle: Bundle, *, threads: int | None = None) -> Iterator[Verified]:
    """Load the model of an opened bundle, answer a question greedily, and compare two ways to read its prompt.

    Args:
        bundle: whose files are verified already.
        threads: of the engine.

    Yields:
        Each check as it holds.

    Raises:
        BundleError: one does not.
        MissingExtraError: the engine's package is not installed.
    """
    tokenizer = Tokenizer(bundle.tokenizer)
    vocabulary = bundle.manifest.shape.vocabulary_size
    if tokenizer.vocabulary_size > vocabulary:
        raise BundleError(
            f"The bundle's tokenizer has {tokenizer.vocabulary_size:,} tokens.",
            allowed=f"{vocabulary:,}, the model's vocabulary",
            next_step=EXPORT_AGAIN,
        )
    prompt = tokenizer.encode(bundle.template.render([Message(Role.USER, _QUESTION)]))
    try:
        engine = open_engine(bundle, threads=threads)
        yield Verified("the model loads", type(engine).__name__)
        try:
            yield _limit(engine)
            yield _greedy(engine, bundle, prompt)
            yield _chunks(engine, bundle, prompt)
            if bundle.router_stages:
                yield _heads(engine, bundle, prompt)
        finally:
            engine.close()
    except EngineError as error:
        raise BundleError(f"The bundle's model fails: {error.problem}", next_step=EXPORT_AGAIN) from error


def _limit(engine: Engine) -> Verified:
    """A prompt longer than the context is refused, not cut."""
    try:
        engine.forward([0] * (engine.context_length + 1))
    except EngineError:
        return Verified("the context has its limit", f"{engine.context_length:,} tokens")
    raise BundleError("The model takes more tokens than its context holds.", next_step=EXPORT_AGAIN)


def _greedy(engine: Engine, bundle: Bundle, prompt: list[int]) -> Verified:
    """Every step of a short answer gives finite vectors of the manifest's sizes."""
    engine.truncate(0)
    logits = _checked(engine.forward(prompt), bundle, tokens=len(prompt))
    steps = 1
    while steps < _GREEDY_STEPS and engine.position < engine.context_length:
        token = int(logits.argmax())
        if token in bundle.stop_token_ids:
            break
        logits = _checked(engine.forward([token]), bundle, tokens=1)
        steps += 1
    return Verified("its vectors are finite and of the right size", f"in {steps} steps of an answer")


def _chunks(engine: Engine, bundle: Bundle, prompt: list[int]) -> Verified:
    """The prompt in chunks and token by token, after the cache was cut back, says what the prompt at once says."""

    def check(step: Step, tokens: int) -> None:
        _checked(step, bundle, tokens=tokens)

    ways = both_ways(engine, prompt, check=check)
    distance = max(next_token_distance(chunked[-1], at_once[-1]) for chunked, at_once in ways)
    limit = MAX_CHUNKED_DISTANCES[MODEL_ONNX if bundle.holds(MODEL_ONNX) else MODEL_PTE]
    if not distance <= limit:
        raise BundleError(
            f"The model reads a prompt in chunks otherwise than at once: total variation {distance:.2g}.",
            allowed=f"≤ {limit:g}",
            next_step=EXPORT_AGAIN,
        )
    return Verified("a prompt in chunks is read as at once", f"total variation {distance:.2g}")


def both_ways(
    engine: Engine, prompt: Sequence[int], *, check: Callable[[Step, int], None] = lambda *_: None
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Read a prompt in chunks of seven tokens, then of one, each from a cache that was cut back to its half, and at once.

    Args:
        engine: its cache is lost.
        prompt: token ids.
        check: called with every step and its number of tokens.

    Yields:
        For each size of chunks the logits [R, V] of the last R tokens, read in chunks and at once.
    """
    engine.truncate(0)
    step = engine.forward(prompt)
    check(step, len(prompt))
    at_once = step.last_logits.copy()
    for size in _CHUNKS:
        engine.truncate(len(prompt) // 2)
        rows = []
        for start in range(engine.position, len(prompt), size):
            chunk = prompt[start : start + size]
            step = engine.forward(chunk)
            check(step, len(chunk))
            rows.append(step.last_logits.copy())
        chunked = np.concatenate(rows)[-len(at_once) :]
        yield chunked, at_once[-len(chunked) :]


def next_token_distance(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> float:
    """Total variation of the distributions of the next token by two vectors of logits [V]: 0 to 1; 1 if one is not finite."""
    distance = 0.5 * float(np.abs(np.exp(log_softmax(ours)) - np.exp(log_softmax(theirs))).sum())
    return distance if np.isfinite(distance) else 1.0


def _heads(engine: Engine, bundle: Bundle, prompt: list[int]) -> Verified:
    """Each router head gives a log-probability for the prompt and its first token."""
    engine.truncate(0)
    step = engine.forward(prompt)
    answer = AnswerFeatures()
    answer.add(step, int(step.logits.argmax()))
    features = {
        RouterStage.PRE: pre_features(step, input_tokens=len(prompt)),
        RouterStage.POST: answer.post(is_complete=False),
    }
    said = {stage: engine.route(stage, features[stage]) for stage in RouterStage if stage in bundle.router_stages}
    if not all(value <= 0 for value in said.values()):
        raise BundleError("A router head gives no log-probability.", allowed="0 or less", next_step=EXPORT_AGAIN)
    return Verified("the router heads answer", ", ".join(f"{stage} {value:.3f}" for stage, value in said.items()))


def _checked(step: Step, bundle: Bundle, *, tokens: int) -> NDArray[np.float32]:
    """A copy of the logits [V], of a step over so many tokens whose arrays are what they must be."""
    shape = bundle.manifest.shape
    sizes = {
        "last_logits": (logit_rows(tokens), shape.vocabulary_size),
        "hidden_last": (shape.hidden_size,),
        "hidden_mid": (shape.hidden_size,),
    }
    for name, size in sizes.items():
        array = getattr(step, name)
        if array.shape != size:
            raise BundleError(
                f"The model's {name} is an array of {' × '.join(f'{axis:,}' for axis in array.shape)} numbers.",
                allowed=" × ".join(f"{axis:,}" for axis in size),
                next_step=EXPORT_AGAIN,
            )
        if not np.isfinite(array).all():
            raise BundleError(f"The model's {name} is not finite.", next_step=EXPORT_AGAIN)
    return step.logits.copy()
