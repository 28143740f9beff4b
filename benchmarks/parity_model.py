"""What Python's runtime gives of one text or one greedy answer, in a child process and in the form of android/bench."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.runtime_model import read_classifier, version
from benchmarks.worker import serve
from upcall.edge_runtime.bundle import open_bundle
from upcall.edge_runtime.conversation import FinishReason, Message, Role
from upcall.edge_runtime.decision.confidence import Signal, score
from upcall.edge_runtime.decision.decide import Circumstances, Strategy, decide
from upcall.edge_runtime.decision.device_state import DeviceState
from upcall.edge_runtime.decision.features import AnswerFeatures, token_statistics
from upcall.edge_runtime.engines.opening import open_model
from upcall.edge_runtime.language_model.engine import RouterStage, Step
from upcall.edge_runtime.language_model.generation import LocalAnswer
from upcall.edge_runtime.redaction import (
    Detector,
    JsonStreamRestorer,
    Policy,
    Span,
    StreamRestorer,
    Vault,
    redact,
    redact_messages,
    restore,
)
from upcall.edge_runtime.redaction.names.decoding import Tokens
from upcall.edge_runtime.redaction.names.finder import Classifier, Names

EDGE_FACTORS = (0.99, 0.999, 1.001, 1.01)
"""By which the masses of a name model may differ before other names are a fault."""
_NONCE = "k7"


class NudgedClassifier:
    """A classifier that is a little more or less sure that words are private.

    Args:
        classifier: to ask.
        factor: for the probabilities of all labels but ``O``.
    """

    def __init__(self, classifier: Classifier, factor: float) -> None:
        self._classifier = classifier
        self._factor = np.array([1 if label == "O" else factor for label in classifier.labels], np.float32)

    @property
    def version(self) -> str:
        """See ``Classifier``."""
        return self._classifier.version

    @property
    def labels(self) -> Sequence[str]:
        """See ``Classifier``."""
        return self._classifier.labels

    def classify(self, text: str) -> Tokens | None:
        """See ``Classifier``."""
        tokens = self._classifier.classify(text)
        return tokens and Tokens(tokens.offsets, tokens.probabilities * self._factor)


class ParityModel:
    """One bundle, and the detector with and without names.

    Args:
        settings: ``bundle`` and ``names`` (folders) and ``threads`` of the engine.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        bundle = open_bundle(Path(settings["bundle"]))
        self._stages = bundle.router_stages
        self._model = open_model(bundle, threads=settings["threads"])
        self._classifier = read_classifier(Path(settings["names"]))
        self._rules, self._names = Detector(), Detector(names=Names(self._classifier))

    def measure(self, case: str, **given: Any) -> dict[str, Any]:
        """The parts of a ``text`` or of an ``answer``; whether the names of a text stand on a knife ``edge``."""
        if case == "text":
            return self._text(given["text"], is_json=given["is_json"], circumstances=given["circumstances"])
        if case == "answer":
            return self._answer(given["text"], given["new_tokens"])
        if case == "edge":
            return {"is_edge": self._is_edge(given["text"])}
        if case == "version":
            return version()
        raise ValueError(f"no case {case}")

    def _text(self, text: str, *, is_json: bool, circumstances: dict[str, Any]) -> dict[str, Any]:
        vault = Vault(nonce=_NONCE)
        sent = cache(lambda: redact_messages(_question(text), detector=self._names, vault=vault, policy=Policy()))
        masked = cache(lambda: redact(text, detector=self._names, vault=Vault(nonce=_NONCE), is_json=is_json))
        parts: dict[str, Callable[[], object]] = {
            "ids": lambda: self._model.tokenizer.encode(self._model.template.render(_question(text))),
            "rules": lambda: _spans(self._rules.find(text)),
            "names": lambda: _spans(self._by_names(self._names, text)),
            "messages": lambda: [[message.role, message.content] for message in sent().messages],
            "digest": lambda: sent().sent_sha256.hex(),
            "answer": lambda: _through(StreamRestorer(vault), f"You wrote: {sent().messages[-1].content}"),
            "masked": lambda: masked().masked,
            "spans": lambda: _spans(masked().spans),
            "restored": lambda: restore(masked().masked, masked().vault, is_json=is_json),
            "arguments": lambda: _through(JsonStreamRestorer(masked().vault), masked().masked),
            "decision": lambda: _decision(**circumstances),
        }
        return {name: _part(give) for name, give in parts.items()}

    @staticmethod
    def _by_names(detector: Detector, text: str) -> list[Span]:
        """What the name finder says beside the rules."""
        found = detector.claims(text)[len(detector.claims(text, with_names=False)) :]
        return sorted(found, key=lambda span: (span.start, span.end))

    def _is_edge(self, text: str) -> bool:
        """Whether the name model need be only a little surer, or less sure, for other names to be found."""
        found = _spans(self._by_names(self._names, text))
        nudged = (Detector(names=Names(NudgedClassifier(self._classifier, factor))) for factor in EDGE_FACTORS)
        return any(_spans(self._by_names(detector, text)) != found for detector in nudged)

    def _answer(self, text: str, count: int) -> dict[str, Any]:
        features = AnswerFeatures()
        margins: list[float] = []

        def observe(step: Step, token: int) -> None:
            features.add(step, token)
            margins.append(token_statistics(step.logits, token).margin)

        local = self._model.answer(_question(text), max_output_tokens=count, observe=observe)
        local.finish()
        scores = {
            signal.value: self._score(signal, local, features)
            for signal in Signal
            if signal.stage is None or signal.stage in self._stages
        }
        return {
            "ids": list(local.prompt),
            "tokens": local.tokens,
            "text": local.answer,
            "margins": margins,
            "scores": scores,
        }

    def _score(self, signal: Signal, local: LocalAnswer, features: AnswerFeatures) -> float:
        if signal.stage is None:
            return score(signal, local.log_probs)
        if signal.stage is RouterStage.PRE:
            return self._model.route(signal.stage, features.pre(input_tokens=local.input_tokens))
        return self._model.route(signal.stage, features.post(is_complete=local.finish_reason is FinishReason.STOP))


def _question(text: str) -> list[Message]:
    return [Message(Role.USER, text)]


def _part(give: Callable[[], object]) -> object:
    try:
        return give()
    except Exception as error:  # that of one text must not end the run, and both must raise the same
        return type(error).__name__


def _spans(found: Sequence[Span]) -> list[list[object]]:
    return [[span.start, span.end, span.entity_type] for span in found]


def _decision(
    *,
    strategy: str,
    score: float | None,
    threshold: float | None,
    quality_level: float | None,
    **device: Any,
) -> list[object]:
    circumstances = Circumstances(
        Strategy(strategy),
        has_cloud=True,
        score=score,
        threshold=threshold,
        quality_level=quality_level,
        device=DeviceState(**device),
    )
    decision = decide(circumstances)
    return [decision.place, decision.reason, decision.threshold]


def _through(restorer: StreamRestorer, text: str) -> str:
    """The text restored as a stream that is cut behind each ``_``, in the middle of all placeholders."""
    *pieces, last = text.split("_")
    return "".join([*(restorer.feed(f"{piece}_") for piece in pieces), restorer.feed(last), restorer.flush()])


if __name__ == "__main__":
    serve(ParityModel)
