"""Asks every tier every question and keeps what came: a journal that survives a kill, then an outcome table."""

from __future__ import annotations

import base64
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.answer import Answer
from upcall.edge_runtime.conversation import FinishReason
from upcall.edge_runtime.decision.decide import Place, Strategy
from upcall.edge_runtime.decision.features import STATISTICS, AnswerFeatures
from upcall.edge_runtime.errors import EscalationError, EscalationReason, InputError
from upcall.edge_runtime.language_model.engine import RouterStage
from upcall.edge_runtime.language_model.model import LanguageModel
from upcall.edge_runtime.question import AskOptions
from upcall.edge_runtime.redaction import Detector
from upcall.edge_runtime.session import Session
from upcall.routing.datasets.grading import grade
from upcall.routing.datasets.tasks import Query
from upcall.routing.output import unwritable
from upcall.routing.tables.outcome_table import OutcomeTable, outcome_table

BLOCK_QUERIES = 50
"""Questions of a task that one tier is asked in a row, so that its cache serves what they share; then the next task's. However
early a collection is stopped, its tasks are about as far as each other."""
_ATTEMPTS, _PAUSE_S = 4, 2.0
_TIMEOUT_MS = 600_000
_FINAL = (EscalationReason.REFUSED, EscalationReason.UNAUTHENTICATED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer of one tier to one question.

    Args:
        query_id, tier: which.
        answer: its text, restored.
        latency_ms: of the whole answer, wall clock.
        tokens_in, tokens_out: of the conversation and the answer.
        masked: placeholders that were sent.
        features: of the device's, float32 in base64; empty for others.
    """

    query_id: str
    tier: str
    answer: str
    latency_ms: float
    tokens_in: int
    tokens_out: int
    masked: int = 0
    features: str = ""


AskTier = Callable[[Query], Outcome]


def feature_names(hidden_size: int) -> tuple[str, ...]:
    """Names of the device's features in a table: ``pre.…`` as the head of that stage takes them, then ``post.…``."""
    states = {
        RouterStage.PRE: ("hidden_last", "hidden_mid"),
        RouterStage.POST: ("mean_hidden_last", "hidden_last", "mean_hidden_mid", "hidden_mid"),
    }
    return tuple(
        f"{stage}.{name}"
        for stage in RouterStage
        for name in (
            *STATISTICS[stage],
            *(f"{state}_{place}" for state in states[stage] for place in range(hidden_size)),
        )
    )


def device_tier(name: str, model: LanguageModel) -> AskTier:
    """A tier that is the bundle's model: greedy answers, with the features of its heads."""

    def ask(query: Query) -> Outcome:
        start = time.perf_counter()
        recorder = AnswerFeatures()
        local = model.answer(query.messages, max_output_tokens=query.max_output_tokens, observe=recorder.add)
        local.finish()
        post = recorder.post(is_complete=local.finish_reason is FinishReason.STOP)
        features = np.concatenate([recorder.pre(input_tokens=local.input_tokens), post])
        return Outcome(
            query.query_id,
            name,
            local.answer,
            (time.perf_counter() - start) * 1e3,
            local.input_tokens,
            local.output_tokens,
            features=base64.b64encode(features.astype("<f4").tobytes()).decode(),
        )

    return ask


def cloud_tier(name: str, session: Session, *, pause_s: float = _PAUSE_S) -> AskTier:
    """A tier that is a service, asked as the device asks it: masked by the session's policy, restored.

    A call that fails is tried again, three times at most.
    """

    def once(query: Query) -> Outcome:
        options = AskOptions(
            strategy=Strategy.CLOUD, max_output_tokens=query.max_output_tokens, cloud_timeout_ms=_TIMEOUT_MS
        )
        answer = Answer()
        for event in session.ask(query.messages, options):
            answer.add(event)
        if error := answer.error or answer.cloud_error:
            raise error
        if answer.usage is None or answer.usage.place is not Place.CLOUD:
            raise EscalationError("The question stayed on the device.", reason=EscalationReason.REFUSED)
        usage, masked = answer.usage, len(answer.redacted.masked) if answer.redacted is not None else 0
        return Outcome(
            query.query_id, name, answer.text, usage.total_ms, usage.input_tokens, usage.output_tokens, masked
        )

    def ask(query: Query) -> Outcome:
        for attempt in range(_ATTEMPTS):
            try:
                return once(query)
            except EscalationError as error:
                if attempt == _ATTEMPTS - 1 or error.reason in _FINAL:
                    raise
                time.sleep(pause_s * 2**attempt)
        raise AssertionError

    return ask


class Journal:
    """A file of outcomes that only grows; a line that a kill cut off is dropped.

    Args:
        path: of the file.
        about: what the outcomes depend on; a journal of something else is refused.

    Raises:
        InputError: the file is no journal, or of another collection.
        OutputError: it cannot be written.
    """

    def __init__(self, path: Path, about: Mapping[str, str]) -> None:
        self.done: dict[tuple[str, str], Outcome] = {}
        self._path = path
        head = json.dumps({"about": dict(about)}, sort_keys=True)
        if not path.exists():
            with unwritable(path):
                path.write_text(head + "\n", encoding="utf-8")
            return
        raw = path.read_bytes()
        whole = raw[: raw.rfind(b"\n") + 1]
        lines = whole.decode("utf-8").split("\n")[:-1]
        try:
            given = json.loads(lines[0])["about"] if lines else None
            outcomes = [Outcome(**json.loads(line)) for line in lines[1:]]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path} is no journal of a collection.", next_step="move it away, or name another --out"
            ) from error
        if given != dict(about):
            differing = sorted(key for key in {*(given or {}), *about} if (given or {}).get(key) != about.get(key))
            raise InputError(
                f"{path} belongs to another collection: {', '.join(differing)} differ.",
                next_step="collect with the same options, or name another --out",
            )
        if len(whole) < len(raw):
            with unwritable(path):
                os.truncate(path, len(whole))
        self.done = {(one.query_id, one.tier): one for one in outcomes}

    def add(self, outcome: Outcome) -> None:
        """Keep an outcome, on disk before this returns."""
        with unwritable(self._path), self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(outcome)) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.done[outcome.query_id, outcome.tier] = outcome


def collect(
    queries: Sequence[Query], tiers: Mapping[str, AskTier], journal: Journal, *, masks: Callable[[Query], bool]
) -> Iterator[Outcome]:
    """Ask what is not in the journal yet, keep it and yield it.

    Args:
        queries: those of one task together.
        tiers: in order, the device first.
        journal: of earlier runs.
        masks: whether a question is masked before it leaves. Those come last in a block: the note on placeholders changes the
            beginning that the others share.

    Raises:
        UpcallError: a tier gave no answer; what was asked before is kept.
    """
    for block in _blocks(queries):
        ordered = sorted(block, key=masks)
        for name, ask in tiers.items():
            for query in ordered:
                if (query.query_id, name) not in journal.done:
                    outcome = ask(query)
                    journal.add(outcome)
                    yield outcome


def _blocks(queries: Sequence[Query]) -> Iterator[Sequence[Query]]:
    by_task = [list(own) for _, own in groupby(queries, key=lambda query: query.task)]
    for start in range(0, max(map(len, by_task), default=0), BLOCK_QUERIES):
        for own in by_task:
            if block := own[start : start + BLOCK_QUERIES]:
                yield block


def assemble(
    queries: Sequence[Query],
    tiers: Sequence[str],
    journal: Journal,
    *,
    costs: Mapping[str, float],
    hidden_size: int,
    detector: Detector,
    about: Mapping[str, str],
) -> OutcomeTable:
    """Make a table of the questions that every tier has answered.

    Args:
        queries: all that were to be asked.
        tiers: names, the device first.
        journal: of the collection.
        costs: of one answer, by tier.
        hidden_size: of the device's model.
        detector: counts which private words it finds.
        about: goes into the table.

    Raises:
        InputError: no question has all answers yet.
    """
    whole = [query for query in queries if all((query.query_id, tier) in journal.done for tier in tiers)]
    if not whole:
        raise InputError("No question was answered by every tier yet.", next_step="collect more")
    outcomes = [[journal.done[query.query_id, tier] for tier in tiers] for query in whole]

    def each(pick: Callable[[Query, Outcome], Any], dtype: Any = np.float64) -> NDArray[Any]:
        return np.array([[pick(query, one) for one in row] for query, row in zip(whole, outcomes, strict=True)], dtype)

    features = np.stack([np.frombuffer(base64.b64decode(row[0].features), dtype="<f4") for row in outcomes])
    private = np.array([_private_words(query, detector) for query in whole], dtype=np.int64)
    return outcome_table(
        query_ids=[query.query_id for query in whole],
        tasks=[query.task for query in whole],
        splits=[query.split for query in whole],
        prompts=[query.prompt for query in whole],
        tiers=tiers,
        quality=each(lambda query, one: grade(query.task, one.answer, query.answer)),
        cost=each(lambda _, one: costs[one.tier]),
        answers=each(lambda _, one: one.answer, object),
        features=[features, *[None] * (len(tiers) - 1)],
        feature_names=[feature_names(hidden_size), *[()] * (len(tiers) - 1)],
        about=dict(about),
        latency_ms=each(lambda _, one: one.latency_ms),
        tokens_in=each(lambda _, one: one.tokens_in),
        tokens_out=each(lambda _, one: one.tokens_out),
        private_tokens=private[:, 0],
        detected_private_tokens=private[:, 1],
    )


def _private_words(query: Query, detector: Detector) -> tuple[int, int]:
    """Words of the question that are private, and those of them that the detector finds whole; -1 where nobody marked them."""
    if query.private_spans is None:
        return -1, -1
    text = query.prompt
    found = np.zeros(len(text), dtype=bool)
    for span in detector.find(text):
        found[span.start : span.end] = True
    words = [
        (start + word.start(), start + word.end())
        for start, end in query.private_spans
        for word in re.finditer(r"\S+", text[start:end])
    ]
    return len(words), sum(bool(found[start:end].all()) for start, end in words)
