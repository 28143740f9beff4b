from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.decision.features import feature_count
from upcall.edge_runtime.errors import EngineError
from upcall.edge_runtime.language_model.engine import RouterStage, Step
from upcall.edge_runtime.language_model.model import PREFILL_CHUNK_TOKENS, LanguageModel, shared_beginning
from upcall.edge_runtime.testing import SCRIPTED_HIDDEN_SIZE, ScriptedEngine, chatml_model, write_byte_tokenizer


@pytest.mark.parametrize(
    ("one", "other", "shared"), [([], [], 0), ([1, 2], [1, 2, 3], 2), ([1, 2], [1, 3], 1), ([1], [2], 0)]
)
def test_shared_beginning(one: list[int], other: list[int], shared: int) -> None:
    assert shared_beginning(one, other) == shared


@pytest.fixture(scope="module")
def tokenizer_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_byte_tokenizer(tmp_path_factory.mktemp("model") / "tokenizer.json")


def last_token(tokens: Sequence[int]) -> tuple[int, float]:
    """A script by which the next token tells the whole text: a wrong cache gives a wrong token."""
    return hash(tuple(tokens)) % 256, 0.9


def token_after(model: LanguageModel, tokens: Sequence[int]) -> int:
    *chunks, token = model.read(tokens, choice)
    assert chunks == [None] * len(chunks)
    assert token is not None
    return token


def choice(step: Step) -> int:
    return int(step.logits.argmax())


def test_texts_are_read_as_they_are_whatever_was_read_before(tokenizer_path: Path) -> None:
    model = chatml_model(ScriptedEngine(last_token), tokenizer_path)
    for text in ([1, 2, 3], [1, 2, 3, 4], [1, 2], [9], [1, 2, 3, 4], [1, 2, 3, 4], list(range(200)) * 4):
        assert token_after(model, text) == last_token(text)[0]


def test_what_is_held_is_not_read_again(tokenizer_path: Path) -> None:
    engine = ScriptedEngine(last_token)
    model = chatml_model(engine, tokenizer_path)
    token_after(model, range(100))
    token_after(model, [*range(100), 7])
    assert engine.forwarded_tokens == 101


def test_a_long_text_comes_in_chunks(tokenizer_path: Path) -> None:
    model = chatml_model(ScriptedEngine(last_token), tokenizer_path)
    assert len(list(model.read([1] * (2 * PREFILL_CHUNK_TOKENS + 1), choice))) == 3


def test_another_hand_on_the_engine_is_an_error_and_then_forgotten(tokenizer_path: Path) -> None:
    engine = ScriptedEngine(last_token)
    model = chatml_model(engine, tokenizer_path)
    token_after(model, [1, 2, 3])
    engine.forward([4])
    with pytest.raises(EngineError, match="something else wrote"):
        token_after(model, [1, 2, 3, 5])
    assert token_after(model, [1, 2, 3, 5]) == last_token([1, 2, 3, 5])[0]


def test_after_an_error_nothing_is_believed_of_the_cache(tokenizer_path: Path) -> None:
    def fails_once(tokens: Sequence[int]) -> tuple[int, float]:
        if len(tokens) == 3 and not failed:
            failed.append(True)
            raise EngineError("No memory.")
        return last_token(tokens)

    failed: list[bool] = []
    model = chatml_model(ScriptedEngine(fails_once), tokenizer_path)
    token_after(model, [1, 2])
    with pytest.raises(EngineError, match="No memory"):
        token_after(model, [1, 2, 3])
    assert token_after(model, [1, 2, 3]) == last_token([1, 2, 3])[0]


def answered(model: LanguageModel, content: str) -> tuple[int, ...]:
    answer = model.answer([Message(Role.USER, content)], max_output_tokens=20)
    answer.finish()
    return tuple(answer.tokens)


def test_two_answers_may_grow_at_the_same_time(tokenizer_path: Path) -> None:
    model = chatml_model(ScriptedEngine(last_token), tokenizer_path)
    first, second = (model.answer([Message(Role.USER, text)], max_output_tokens=20) for text in ("one", "two"))
    for _ in zip_longest(first.text(), second.text()):
        pass
    alone = [answered(chatml_model(ScriptedEngine(last_token), tokenizer_path), text) for text in ("one", "two")]
    assert [tuple(first.tokens), tuple(second.tokens)] == alone


class SlowStep(Step):
    """Gives other threads the time to spoil it before it is looked at."""

    @property
    def logits(self) -> NDArray[np.float32]:
        time.sleep(0.001)
        return np.asarray(self.last_logits[-1])


class OneThreadEngine(ScriptedEngine):
    """Uses the arrays of a step again for the next one, as real engines do; two calls at once are an error."""

    def __init__(self, script: Callable[[Sequence[int]], tuple[int, float]]) -> None:
        super().__init__(script, heads={RouterStage.PRE: lambda features: -1.0})
        self._call = threading.Lock()
        self._arrays: Step | None = None

    def forward(self, tokens: Sequence[int]) -> Step:
        with self._alone():
            step = super().forward(tokens)
            if self._arrays is None:
                self._arrays = SlowStep(step.last_logits[-1:], step.hidden_last, step.hidden_mid)
            self._arrays.last_logits[:] = step.last_logits[-1:]
            return self._arrays

    def truncate(self, position: int) -> None:
        with self._alone():
            super().truncate(position)

    def route(self, stage: RouterStage, features: NDArray[np.float32]) -> float:
        with self._alone():
            return super().route(stage, features)

    def close(self) -> None:
        with self._alone():
            super().close()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._call.acquire(blocking=False):
            raise EngineError("Two threads at once.")
        try:
            yield
        finally:
            self._call.release()


def test_threads_that_share_a_model_get_their_own_answers(tokenizer_path: Path) -> None:
    model = chatml_model(OneThreadEngine(last_token), tokenizer_path)
    contents = ("one", "two", "three")
    with ThreadPoolExecutor(len(contents)) as threads:
        together = list(threads.map(lambda content: answered(model, content), contents))
    alone = [answered(chatml_model(ScriptedEngine(last_token), tokenizer_path), content) for content in contents]
    assert together == alone


def test_a_step_holds_while_it_is_observed(tokenizer_path: Path) -> None:
    def reads_another(step: Step, token: int) -> None:
        other = threading.Thread(target=token_after, args=(model, [1, 2, 3]))
        others.append(other)
        other.start()
        other.join(0.05)
        seen.append((choice(step), token))

    others: list[threading.Thread] = []
    seen: list[tuple[int, int]] = []
    model = chatml_model(OneThreadEngine(last_token), tokenizer_path)
    model.answer([Message(Role.USER, "one")], max_output_tokens=3, observe=reads_another).finish()
    for other in others:
        other.join()
    assert len(seen) == 3 and all(chosen == token for chosen, token in seen)


@pytest.mark.parametrize("call", ["route", "close"])
def test_scores_and_the_end_wait_for_the_step_that_is_read(tokenizer_path: Path, call: str) -> None:
    def script(tokens: Sequence[int]) -> tuple[int, float]:
        if len(tokens) == 3:
            reading.set()
            time.sleep(0.05)
        return last_token(tokens)

    reading = threading.Event()
    model = chatml_model(OneThreadEngine(script), tokenizer_path)
    with ThreadPoolExecutor(1) as threads:
        token = threads.submit(token_after, model, [1, 2, 3])
        reading.wait()
        if call == "route":
            features = np.zeros(feature_count(RouterStage.PRE, hidden_size=SCRIPTED_HIDDEN_SIZE), np.float32)
            assert model.route(RouterStage.PRE, features) == -1
        else:
            model.close()
        assert token.result() == last_token([1, 2, 3])[0]


def test_who_is_given_a_step_may_ask_for_a_score(tokenizer_path: Path) -> None:
    features = np.zeros(feature_count(RouterStage.PRE, hidden_size=SCRIPTED_HIDDEN_SIZE), np.float32)
    model = chatml_model(OneThreadEngine(last_token), tokenizer_path)
    assert list(model.read([1, 2], lambda step: model.route(RouterStage.PRE, features))) == [-1]


def test_what_fails_on_a_step_leaves_the_engine_to_others(tokenizer_path: Path) -> None:
    model = chatml_model(OneThreadEngine(last_token), tokenizer_path)
    with pytest.raises(ZeroDivisionError):
        list(model.read([1, 2], lambda step: 1 // 0))
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(token_after, model, [1, 2, 3]).result(timeout=10) == last_token([1, 2, 3])[0]
