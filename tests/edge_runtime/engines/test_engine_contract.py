"""What every engine must do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.conftest import PROGRAM_CONTEXT as CONTEXT
from upcall.edge_runtime.decision.features import feature_count
from upcall.edge_runtime.engines.executorch_program import ExecuTorchEngine
from upcall.edge_runtime.engines.onnx_runtime import OnnxEngine
from upcall.edge_runtime.errors import EngineError
from upcall.edge_runtime.language_model.engine import Engine, RouterStage
from upcall.edge_runtime.testing import BYTE_VOCABULARY_SIZE, ScriptedEngine


def scripted() -> Engine:
    heads = {RouterStage.POST: lambda features: min(0.0, float(features[0]))}
    return ScriptedEngine(lambda tokens: (sum(tokens) % BYTE_VOCABULARY_SIZE, 0.5), context_length=CONTEXT, heads=heads)


ENGINES: dict[str, tuple[Callable[..., Engine], str]] = {
    "onnx": (OnnxEngine, "tiny_graph"),
    "executorch": (ExecuTorchEngine, "tiny_program"),
}


@pytest.fixture(params=["scripted", "onnx", "executorch"])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "scripted":
        return scripted()
    make, model = ENGINES[request.param]
    path: Path = request.getfixturevalue(model)
    return make(path, context_length=CONTEXT, vocabulary_size=BYTE_VOCABULARY_SIZE, threads=1)


def test_shapes_and_types(engine: Engine) -> None:
    step = engine.forward([1, 2, 3])
    assert step.logits.shape == (BYTE_VOCABULARY_SIZE,)
    assert step.last_logits.shape == (3, BYTE_VOCABULARY_SIZE)
    assert step.hidden_last.shape == step.hidden_mid.shape
    for array, axes in ((step.logits, 1), (step.last_logits, 2), (step.hidden_last, 1), (step.hidden_mid, 1)):
        assert array.ndim == axes
        assert array.dtype == np.float32
    assert engine.position == 3


def test_chunked_prefill_equals_single(engine: Engine) -> None:
    whole = engine.forward([5, 6, 7, 8]).logits.copy()
    engine.truncate(0)
    engine.forward([5])
    engine.forward([6, 7])
    np.testing.assert_allclose(engine.forward([8]).logits, whole, atol=1e-5)


@pytest.mark.parametrize("size", [1, 2, 7, 8, 9, 13])
def test_logits_of_the_last_eight_tokens_are_those_of_single_steps(engine: Engine, size: int) -> None:
    """Step sizes grow and shrink between the passes, as they do where drafts are checked."""
    tokens = [7 * number % BYTE_VOCABULARY_SIZE for number in range(size)]
    single = np.stack([engine.forward([token]).logits.copy() for token in tokens])
    for ahead in (0, size // 2):
        engine.truncate(0)
        if ahead:
            engine.forward(tokens[:ahead])
        step = engine.forward(tokens[ahead:])
        rows = min(size - ahead, 8)
        assert step.last_logits.shape == (rows, BYTE_VOCABULARY_SIZE)
        np.testing.assert_allclose(step.last_logits, single[-rows:], atol=1e-5)
        np.testing.assert_array_equal(step.logits, step.last_logits[-1])


def test_truncate_forgets(engine: Engine) -> None:
    engine.forward([5, 6])
    expected = engine.forward([7]).logits.copy()
    engine.forward([100, 101])
    engine.truncate(2)
    assert engine.position == 2
    np.testing.assert_allclose(engine.forward([7]).logits, expected, atol=1e-5)


@pytest.mark.parametrize("tokens", [[], [-1], [BYTE_VOCABULARY_SIZE], [1] * (CONTEXT + 1)])
def test_refused_tokens_leave_the_cache_as_it_was(engine: Engine, tokens: list[int]) -> None:
    engine.forward([1, 2])
    with pytest.raises(EngineError):
        engine.forward(tokens)
    assert engine.position == 2
    engine.forward([3])


def test_context_is_filled_to_the_last_token(engine: Engine) -> None:
    engine.forward([1] * CONTEXT)
    with pytest.raises(EngineError, match=str(CONTEXT)):
        engine.forward([1])


@pytest.mark.parametrize("position", [-1, 3])
def test_truncate_refuses_what_is_not_there(engine: Engine, position: int) -> None:
    engine.forward([1, 2])
    with pytest.raises(EngineError):
        engine.truncate(position)


def test_the_router_head_after_an_answer(engine: Engine) -> None:
    """Each of the three has an untrained head of stage POST, and none of stage PRE."""
    hidden = engine.forward([1]).hidden_last.size
    features = np.zeros(feature_count(RouterStage.POST, hidden_size=hidden), dtype=np.float32)
    for value, wanted in ((-1.25, -1.25), (0.5, 0.0)):
        features[0] = value
        assert engine.route(RouterStage.POST, features) == wanted
    assert engine.position == 1
    after = engine.forward([2]).logits.copy()
    np.testing.assert_allclose(after, _fresh(engine, [1, 2]), atol=1e-5)


def _fresh(engine: Engine, tokens: list[int]) -> NDArray[np.float32]:
    engine.truncate(0)
    return engine.forward(tokens).logits.copy()


@pytest.mark.parametrize("spoil", ["no head", "one too many", "not finite"])
def test_router_heads_refuse(engine: Engine, spoil: str) -> None:
    hidden = engine.forward([1]).hidden_last.size
    stage = RouterStage.PRE if spoil == "no head" else RouterStage.POST
    features = np.zeros(feature_count(stage, hidden_size=hidden) + (spoil == "one too many"), dtype=np.float32)
    if spoil == "not finite":
        features[3] = np.nan
    with pytest.raises(EngineError, match=stage.method):
        engine.route(stage, features)


def test_closed(engine: Engine) -> None:
    engine.close()
    engine.close()
    with pytest.raises(EngineError, match="closed"):
        engine.forward([1])
    with pytest.raises(EngineError, match="closed"):
        engine.truncate(0)
    with pytest.raises(EngineError, match="closed"):
        engine.route(RouterStage.POST, np.zeros(1, dtype=np.float32))
