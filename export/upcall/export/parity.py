"""Checks that stop an export when they fail, and figures that say what fewer bits cost."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.conversation import Message
from upcall.edge_runtime.errors import ModelError
from upcall.edge_runtime.language_model.engine import Engine
from upcall.edge_runtime.language_model.generation import shared_beginning
from upcall.edge_runtime.language_model.sampling import log_softmax
from upcall.edge_runtime.language_model.tokenizer import Tokenizer
from upcall.export.reference import Reference
from upcall.export.threshold import MAX_ANSWER_TOKENS, Answer, Ask, Question, is_right, load_set
from upcall.protocol.v1.bundle_pb2 import Measurement

MAX_LOGIT_DIFFERENCE = 1e-3
MAX_HIDDEN_DIFFERENCE = 1e-4  # of the greatest magnitude in the vector
MAX_CHUNKED_DISTANCE = 0.1
GREEDY_TOKENS = 32
TASKS = ("question type", "addition")
MAX_TASK_QUESTIONS, MIN_TASK_QUESTIONS = 40, 20
_CHUNK = 7

PROMPTS = (
    "The capital of France is",
    "def fibonacci(n):\n    if n < 2:\n        return n\n    return",
    "12 + 30 = 42, 7 + 8 = 15, 120 + 45 =",
    "Ein Zug fährt um 9:15 Uhr ab. 北京 is a city; ☕ is a drink.",
)
GREEDY_PROMPTS = (
    *PROMPTS,
    "Water boils at a temperature of",
    "Once upon a time, in a small village by the sea,",
    "The three primary colours are",
    "To make a cup of tea, first",
    "Dear Ms Brown,\n\nthank you for your letter of 3 May.",
    "Q: Which planet is closest to the sun?\nA:",
)
"""Ten texts that a bundle continues beside float32."""


def prose() -> str:
    """The text on which perplexity is measured."""
    file = Path(__file__).parent / "calibration" / "prose-v1.json"
    return "\n\n".join(json.loads(file.read_text(encoding="utf-8")))


def check_float_graph(engine: Engine, reference: Reference, prompts: Sequence[Sequence[int]]) -> list[Measurement]:
    """The float32 graph against PyTorch: logits absolutely, hidden states relative to their greatest magnitude.

    Raises:
        ModelError: a difference is above its bound.
    """
    logits = 0.0
    hidden = dict.fromkeys(("hidden_last", "hidden_mid"), 0.0)
    for prompt in prompts:
        engine.truncate(0)
        ours, theirs = engine.forward(prompt), reference.step(prompt)
        logits = max(logits, _difference(ours.last_logits, theirs.last_logits))
        for name in hidden:
            wanted = getattr(theirs, name)
            relative = _difference(getattr(ours, name), wanted) / float(np.abs(wanted).max())
            hidden[name] = max(hidden[name], relative)
    checks = [_checked("float32 graph vs PyTorch, logits", logits, MAX_LOGIT_DIFFERENCE, "logit")]
    checks += [
        _checked(f"float32 graph vs PyTorch, {name}", value, MAX_HIDDEN_DIFFERENCE, "relative")
        for name, value in hidden.items()
    ]
    return checks


def check_float_cache(engine: Engine, prompts: Sequence[Sequence[int]]) -> Measurement:
    """The float32 graph: a prompt in chunks, the first half from a cut-back cache, against the prompt at once.

    Raises:
        ModelError: the logits differ by more than MAX_LOGIT_DIFFERENCE.
    """
    worst = max(_difference(chunked, at_once) for chunked, at_once in _both_ways(engine, prompts))
    return _checked("float32 graph, prompt in chunks vs at once, logits", worst, MAX_LOGIT_DIFFERENCE, "logit")


def check_cache(engine: Engine, prompts: Sequence[Sequence[int]]) -> Measurement:
    """The same for the 4-bit graph, by the distance of the two distributions of the next token.

    Logits would be no fair measure: activations are rounded to 8 bits in every matrix product, so differences of 1e-6 between
    the kernels for one token and for many tip some of them over, and grow to one logit where the probability is nil.

    Raises:
        ModelError: the total variation distance is above MAX_CHUNKED_DISTANCE.
    """
    worst = 0.0
    for chunked, at_once in _both_ways(engine, prompts):
        distance = 0.5 * float(np.abs(np.exp(log_softmax(chunked)) - np.exp(log_softmax(at_once))).sum())
        worst = max(worst, distance if np.isfinite(distance) else 1.0)
    return _checked("prompt in chunks vs at once, next token", worst, MAX_CHUNKED_DISTANCE, "total variation")


def _both_ways(
    engine: Engine, prompts: Sequence[Sequence[int]]
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Logits [V] of each prompt in chunks of seven tokens and of one, and at once."""
    for prompt in prompts:
        engine.truncate(0)
        at_once = engine.forward(prompt).logits.copy()
        for size in (_CHUNK, 1):
            engine.truncate(len(prompt) // 2)
            for start in range(engine.position, len(prompt), size):
                step = engine.forward(prompt[start : start + size])
            yield step.logits, at_once


def greedy_texts(engine: Engine, reference: Reference, prompts: Sequence[Sequence[int]]) -> list[Measurement]:
    """How far the bundle's greedy texts are float32's, and how near the choice was where one first differs.

    Two bundles of one model give the same text as long as both give float32's, so this also says where their texts may part.

    Returns:
        Prompts whose texts are the same for GREEDY_TOKENS tokens; share of the bundle's tokens that float32 would choose there;
        and for each other prompt by how much float32 prefers another token where the texts part.
    """
    same, choices = 0, 0
    parted = []
    for number, prompt in enumerate(prompts, start=1):
        differing = list(_differing(engine, reference, prompt))
        same += not differing
        choices += GREEDY_TOKENS - len(differing)
        if differing:
            token, margin = differing[0]
            name = f"greedy text {number} parts from float32's at token {token}, where float32 prefers its own by"
            parted.append(Measurement(name=name, value=margin, unit="nats"))
    share = choices / (GREEDY_TOKENS * len(prompts))
    return [
        Measurement(name=f"greedy text of {GREEDY_TOKENS} tokens as in float32", value=same, unit=f"of {len(prompts)}"),
        Measurement(name="greedy choice as in float32", value=share, unit="share"),
        *parted,
    ]


def _differing(engine: Engine, reference: Reference, prompt: Sequence[int]) -> Iterator[tuple[int, float]]:
    """Places along the bundle's greedy text, from 1, where float32 would choose otherwise, and by how many nats.

    Float32 reads the whole text in one pass; up to the first such place its own greedy text is the same.
    """
    engine.truncate(0)
    text: list[int] = []
    tokens = list(prompt)
    for _ in range(GREEDY_TOKENS):
        tokens = [int(engine.forward(tokens).logits.argmax())]
        text += tokens
    after = reference.all_logits([*prompt, *text[:-1]])[len(prompt) - 1 :]
    for place, (token, logits) in enumerate(zip(text, after, strict=True), start=1):
        margin = float(logits.max() - logits[token])
        if margin > 0:
            yield place, margin


def perplexity(engine: Engine, tokens: Sequence[int]) -> float:
    """exp of the mean negative log-probability of each token after the first, by single steps."""
    engine.truncate(0)
    total = 0.0
    for token, following in pairwise(tokens):
        total -= float(log_softmax(engine.forward([token]).logits)[following])
    return float(np.exp(total / (len(tokens) - 1)))


def reference_perplexity(reference: Reference, tokens: Sequence[int]) -> float:
    """The same for PyTorch, in one pass."""
    logits = reference.all_logits(tokens)
    total = -sum(float(log_softmax(row)[token]) for row, token in zip(logits[:-1], tokens[1:], strict=True))
    return float(np.exp(total / (len(tokens) - 1)))


def task_questions(parameter_count: int) -> tuple[Question, ...]:
    """Questions of two tasks, as many as a float32 model of that size answers within about a minute; too few are none.

    At 4 · 10⁹ parameters a second, measured on two cores, and about 20 tokens a question.
    """
    count = min(MAX_TASK_QUESTIONS, int(60 * 4e9 / (20 * max(1, parameter_count)) / len(TASKS)))
    if count < MIN_TASK_QUESTIONS:
        return ()
    questions, _ = load_set()
    return tuple(question for task in TASKS for question in [one for one in questions if one.task == task][:count])


def accuracies(ask: Ask, questions: Sequence[Question], *, of: str) -> list[Measurement]:
    """Share of right answers for each task that has questions.

    Args:
        ask: the model, or what it answered before.
        questions: from ``task_questions``.
        of: what answers, for people.
    """
    right: dict[str, list[bool]] = {}
    for question in questions:
        right.setdefault(question.task, []).append(is_right(ask(question.messages).text, question.answer))
    return [
        Measurement(name=f"accuracy of {task}, {of}", value=sum(own) / len(own), unit=f"share of {len(own)}")
        for task, own in right.items()
    ]


def reference_asker(reference: Reference, ask: Ask, *, tokenizer: Tokenizer, stop_token_ids: frozenset[int]) -> Ask:
    """Float32's own greedy answers. It reads the bundle's answer in one pass, and goes on alone only where it would part.

    Args:
        reference: the model in float32.
        ask: the bundle.
        tokenizer: of the bundle.
        stop_token_ids: any of them ends an answer.
    """

    def choices(tokens: Sequence[int], count: int) -> list[int]:
        chosen: list[int] = reference.logits_after(tokens, count=count).argmax(-1).tolist()
        return chosen

    def own(messages: Sequence[Message]) -> Answer:
        bundles = ask(messages)
        prompt, expected = bundles.prompt, bundles.tokens
        tokens = choices((*prompt, *expected[:-1]), len(expected))
        same = shared_beginning(tokens, expected)
        tokens = tokens[: same + 1]
        while tokens[-1] not in stop_token_ids and len(tokens) < MAX_ANSWER_TOKENS:
            tokens += choices((*prompt, *tokens), 1)
        stream = tokenizer.stream()
        pieces = [stream.push(token) for token in tokens if token not in stop_token_ids]
        return Answer("".join([*pieces, stream.finish()]), prompt, tuple(tokens))

    return own


def _difference(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> float:
    difference = float(np.abs(ours - theirs).max())
    return difference if np.isfinite(difference) else float("inf")


def _checked(name: str, value: float, bound: float, unit: str) -> Measurement:
    if not value <= bound:
        raise ModelError(
            f"The check '{name}' failed: {value:.3g}.",
            allowed=f"≤ {bound:g}",
            next_step="report it with the model's name; no bundle was written",
        )
    return Measurement(name=name, value=value, unit=unit, bound=f"≤ {bound:g}")
