"""Checks that stop an export when they fail, and figures that say what fewer bits cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.conversation import Message
from upcall.edge_runtime.engines.verification import MAX_CHUNKED_DISTANCES, both_ways, next_token_distance
from upcall.edge_runtime.errors import ModelError
from upcall.edge_runtime.language_model.engine import Engine
from upcall.edge_runtime.language_model.model import LanguageModel, shared_beginning
from upcall.edge_runtime.language_model.sampling import log_softmax
from upcall.edge_runtime.language_model.tokenizer import Tokenizer
from upcall.export.checks.reference import Reference
from upcall.export.checks.threshold import MAX_ANSWER_TOKENS, Answer, Ask, Question, load_set
from upcall.protocol.v1.bundle_pb2 import Measurement
from upcall.routing.datasets.grading import is_right

MAX_LOGIT_DIFFERENCE = 1e-3
MAX_HIDDEN_DIFFERENCE = 1e-4  # of the greatest magnitude in the vector
GREEDY_TOKENS = 32
TASKS = ("question type", "addition")
MAX_TASK_QUESTIONS, MIN_TASK_QUESTIONS = 40, 20

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


def check_float(
    engine: Engine, reference: Reference, prompts: Sequence[Sequence[int]], *, of: str
) -> list[Measurement]:
    """A decoder in float32 against PyTorch: logits absolutely, hidden states relative to their greatest magnitude.

    Args:
        engine: that runs it.
        reference: transformers.
        prompts: token ids.
        of: what is compared, for people.

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
    checks = [_checked(f"{of} vs PyTorch, logits", logits, MAX_LOGIT_DIFFERENCE, "logit")]
    checks += [
        _checked(f"{of} vs PyTorch, {name}", value, MAX_HIDDEN_DIFFERENCE, "relative") for name, value in hidden.items()
    ]
    return checks


def check_float_cache(engine: Engine, prompts: Sequence[Sequence[int]], *, of: str) -> Measurement:
    """A decoder in float32: a prompt in chunks, from a cache cut back to its half, against the prompt at once.

    Raises:
        ModelError: the logits differ by more than MAX_LOGIT_DIFFERENCE.
    """
    worst = max(_difference(*ways) for prompt in prompts for ways in both_ways(engine, prompt))
    return _checked(f"{of}, prompt in chunks vs at once, logits", worst, MAX_LOGIT_DIFFERENCE, "logit")


def check_stored(
    engine: Engine, prompts: Sequence[Sequence[int]], *, model_file: str, twin: Engine | None
) -> list[Measurement]:
    """The model as the bundle stores it: a prompt in chunks against the prompt at once, and it against its twin.

    By the distance of the two distributions of the next token. Logits would be no fair measure: activations are rounded to 8
    bits in every matrix product, so differences of 1e-6 between the kernels for one token and for many tip some of them over,
    and grow to one logit where the probability is nil.

    Args:
        engine: of the file.
        prompts: token ids.
        model_file: its name in the bundle, which has the bound.
        twin: the same weights with the same rounding, run otherwise; None where there is none.

    Raises:
        ModelError: a total variation distance is above MAX_CHUNKED_DISTANCES.
    """
    bound, unit = MAX_CHUNKED_DISTANCES[model_file], "total variation"
    checks = []
    if twin is not None:
        against = 0.0
        for prompt in prompts:
            for one in (engine, twin):
                one.truncate(0)
            against = max(against, next_token_distance(engine.forward(prompt).logits, twin.forward(prompt).logits))
        checks.append(_checked("program vs the same in PyTorch, next token", against, bound, unit))
    ways = (both for prompt in prompts for both in both_ways(engine, prompt))
    worst = max(next_token_distance(chunked[-1], at_once[-1]) for chunked, at_once in ways)
    return [*checks, _checked("prompt in chunks vs at once, next token", worst, bound, unit)]


def greedy_texts(model: LanguageModel, reference: Reference, prompts: Sequence[Sequence[int]]) -> list[Measurement]:
    """How far the bundle's greedy texts are float32's, and how near the choice was where one first differs.

    Two bundles of one model give the same text as long as both give float32's, so this also says where their texts may part.

    Returns:
        Prompts whose texts are the same for GREEDY_TOKENS tokens; share of the bundle's tokens that float32 would choose there;
        and for each other prompt by how much float32 prefers another token where the texts part.
    """
    same, choices = 0, 0
    parted = []
    for number, prompt in enumerate(prompts, start=1):
        differing = list(_differing(model, reference, prompt))
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


def _differing(model: LanguageModel, reference: Reference, prompt: Sequence[int]) -> Iterator[tuple[int, float]]:
    """Places along the bundle's greedy text, from 1, where float32 would choose otherwise, and by how many nats.

    Float32 reads the whole text in one pass; up to the first such place its own greedy text is the same.
    """
    text: list[int] = []
    for _ in range(GREEDY_TOKENS):
        text.append(int(_next_logits(model, [*prompt, *text]).argmax()))
    after = reference.all_logits([*prompt, *text[:-1]])[len(prompt) - 1 :]
    for place, (token, logits) in enumerate(zip(text, after, strict=True), start=1):
        margin = float(logits.max() - logits[token])
        if margin > 0:
            yield place, margin


def perplexity(model: LanguageModel, tokens: Sequence[int]) -> float:
    """exp of the mean negative log-probability of each token after the first, by single steps."""
    total = 0.0
    for place in range(1, len(tokens)):
        total -= float(log_softmax(_next_logits(model, tokens[:place]))[tokens[place]])
    return float(np.exp(total / (len(tokens) - 1)))


def _next_logits(model: LanguageModel, tokens: Sequence[int]) -> NDArray[np.float32]:
    """The logits after a text."""
    *_, logits = model.read(tokens, lambda step: step.logits.copy())
    assert logits is not None
    return logits


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
