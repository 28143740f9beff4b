from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from benchmarks import kotlin, runtimes
from benchmarks.kotlin import Runs
from benchmarks.results import Row
from benchmarks.runtimes import KOTLIN, PYTHON
from upcall.edge_runtime.errors import InputError


def runs(factor: float, *, engine: str = "1.26.0") -> Runs:
    figures = {"decode 128 tokens": 100, "tokenize": 2e6, "rules": 3e5, "names": 20, "decide": 100}
    values = {name: [factor * value * noise for noise in (0.5, 1.0, 1.1)] for name, value in figures.items()}
    return Runs(load_s=factor, engine=engine, values=values)


def listed(own: Runs, peer: Runs) -> dict[str, Row]:
    made = kotlin.rows({KOTLIN: own, PYTHON: peer}, texts=9, threads=2, others_percent=1.5)
    return {row.figure: row for row in made}


def test_the_engine_must_be_nearly_as_fast_as_the_peers() -> None:
    row = listed(runs(0.95), runs(1.0))["decode 128 tokens"]
    assert (row.value, row.peer, row.peer_value) == (95.0, "Python", 100.0)
    assert (row.target, row.holds) == ("≥ 0.95 × the peer", True)
    assert row.note == (
        "0.95 × the peer; 2 threads; ONNX Runtime 1.26.0 in both; 47.5 to 104.5 in 3 runs; peer 50 to 110 in 3 runs"
    )
    assert listed(runs(0.94), runs(1.0))["decode 128 tokens"].holds is False


def test_other_versions_of_the_engine_are_told() -> None:
    row = listed(runs(1.0), runs(1.0, engine="1.28.0"))["decode 128 tokens"]
    assert "ONNX Runtime 1.26.0, the peer's 1.28.0" in row.note


@pytest.mark.parametrize(
    ("figure", "unit", "target", "good", "bad"),
    [
        ("tokenizer", "char/s", "≥ 1,000,000", 0.5, 0.4),
        ("rules, one thread", "char/s", "≥ 300,000", 1.0, 0.9),
        ("rules and names, one prompt of 300 characters", "ms", "≤ 30", 1.5, 1.6),
        ("one decision", "µs", "≤ 100", 1.0, 1.1),
    ],
)
def test_other_targets_do_not_look_at_the_peer(figure: str, unit: str, target: str, good: float, bad: float) -> None:
    row = listed(runs(good), runs(9.0))[figure]
    assert (row.unit, row.target, row.holds) == (unit, target, True)
    assert listed(runs(bad), runs(0.1))[figure].holds is False


def test_loading_and_other_programs_have_no_target() -> None:
    rows = listed(runs(1.0), runs(2.0))
    assert (rows["load"].value, rows["load"].peer_value, rows["load"].target) == (1.0, 2.0, None)
    assert rows["processor time of other programs"].value == 1.5


def test_every_case_has_a_figure() -> None:
    cases = kotlin.cases(range(600))
    assert [len(case.tokens) for name, case in cases.items() if name.startswith("prefill")] == [128, 512]
    assert (len(cases["decode 128 tokens"].tokens), cases["decode 128 tokens"].new_tokens) == (128, 128)


def test_an_interpreter_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="see the end of --help"):
        runtimes.check(Namespace(python=tmp_path / "python", names=tmp_path, bundle=tmp_path))


def test_a_name_model_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "python").touch()
    with pytest.raises(InputError, match="upcall pull rampart"):
        runtimes.check(Namespace(python=tmp_path / "python", names=tmp_path, bundle=tmp_path))
