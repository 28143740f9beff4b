from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from benchmarks.oldest_runtimes import ANSWERING, KNIFE_EDGE, TORCH_OF, compare
from upcall.export.formats.onnx_graph.format import OnnxFormat
from upcall.export.formats.program.format import ProgramFormat

ANDROID = Path(__file__).parents[2] / "android"


def answer(*tokens: int, margin: float = 1.0) -> dict[str, Any]:
    return {"tokens": list(tokens), "margins": [margin] * len(tokens)}


def test_equal_answers() -> None:
    found = compare([answer(1, 2), answer(3)], [answer(1, 2), answer(3)])
    assert (found.answers, found.parted, found.different, found.widest) == (2, 0, 0, 0.0)


@pytest.mark.parametrize(("margin", "different"), [(KNIFE_EDGE / 2, 0), (KNIFE_EDGE, 1), (3.0, 1)])
def test_only_a_knife_edge_is_excused(margin: float, different: int) -> None:
    found = compare([answer(1, 2, 3, margin=margin)], [answer(1, 9, 8)])
    assert (found.parted, found.different, found.widest) == (1 - different, different, margin)


def test_an_answer_that_ends_early_is_another() -> None:
    assert compare([answer(1, 2, margin=0.1)], [answer(1)]).different == 1
    with pytest.raises(ValueError, match="argument 2"):
        compare([answer(1)], [])


def test_the_oldest_runtimes_are_those_that_android_has() -> None:
    versions = tomllib.loads((ANDROID / "gradle/libs.versions.toml").read_text())["versions"]
    assert OnnxFormat.least_runtimes["onnxruntime"] == versions["onnxruntime"]
    opening = ANDROID / "engine-executorch/src/main/kotlin/dev/upcall/engine/executorch/Opening.kt"
    least = ProgramFormat.least_runtimes["executorch"]
    assert f'LEAST_EXECUTORCH: String = "{least}"' in opening.read_text()
    assert least in TORCH_OF
    assert ANSWERING.is_file()
