"""The tables of the page and the rows of RESULTS.md, from an evaluation of a small table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import results, routing
from tests.routing.outcomes import two_tiers
from upcall.edge_runtime.errors import InputError
from upcall.routing.evaluation.device_estimates import DeviceEstimates
from upcall.routing.evaluation.evaluate import Evaluation, Options, evaluate
from upcall.routing.tables.parquet import write_table


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    names = ("random", "length", "log_prob", "hybrid_trans", "self_verification", "oracle")
    return evaluate(two_tiers(300), Options(methods=names, resamples=10, promise_resamples=5))


def test_rows_are_in_the_format(evaluation: Evaluation, tmp_path: Path) -> None:
    rows = list(routing.rows_of("toys", evaluation))
    results.write("routing", command="python -m benchmarks.routing", machine="m", rows=rows, folder=tmp_path)
    of = {row.figure: row for row in rows}
    assert of["toys: area of hybrid_trans"].value == evaluation.results[3].figures.auc.value
    broken = of["toys: promises of log_prob broken (loss ≤ 0.05)"]
    assert broken.target == "≤ 10%"
    assert broken.holds == (broken.value <= 10)
    assert broken.peer_value is not None
    assert of["toys: calls of log_prob for 95% of the cloud's quality"].target is None
    assert not [row for row in rows if "oracle broken" in row.figure]


def test_targets_hold_only_for_tables_of_the_devices_own_model(evaluation: Evaluation) -> None:
    own = replace(evaluation, about={"recipe": "int4", "cost_unit": "relative"})
    of = {row.figure: row for row in routing.rows_of("ours", own)}
    row = of["ours: calls of hybrid_trans for 95% of the cloud's quality"]
    kept = evaluation.results[3].cloud_quality
    assert row.holds == (kept.calls.value <= 0.6 and kept.cloud_share.value >= 0.95)
    assert of["ours: calls of length for 95% of the cloud's quality"].holds is None
    assert "ours: AUROC of a right answer of the device, after it" not in of
    signal = evaluation.results[3].signal
    assert signal is not None
    told = replace(own, device=DeviceEstimates(before=signal, after=signal))
    of = {row.figure: row for row in routing.rows_of("ours", told)}
    row = of["ours: AUROC of a right answer of the device, after it"]
    assert row.target == "≥ 0.9"
    assert row.holds == (signal.auroc.value >= 0.9)
    assert of["ours: AUROC of a right answer of the device, before it"].target is None


def test_a_closed_loop_stands_beside_all_others(evaluation: Evaluation) -> None:
    renamed = replace(evaluation.results[3], name="bellman")
    other = replace(evaluation, results=(*evaluation.results[:3], renamed, evaluation.results[4]))
    found = [row for row in routing.rows_of("toys", other) if "minus that of" in row.figure]
    assert [row.figure.rpartition(" ")[2] for row in found] == ["random", "length", "log_prob"]
    assert [row.holds for row in found] == [row.value >= 0 for row in found]


def test_tables_go_between_the_markers(evaluation: Evaluation) -> None:
    tables = routing.page_tables({"toys": evaluation}, command="python -m benchmarks.routing --seed 0")
    page = routing.with_tables(f"before\n{routing.BEGIN}\nold\n{routing.END}\nafter\n", tables)
    assert page.startswith("before\n")
    assert page.endswith("after\n")
    assert "old" not in page
    assert routing.with_tables(page, tables) == page
    assert "### toys" in page
    assert f"| log_prob | {evaluation.results[2].figures.auc} |" in page
    assert "Left out: self_verification" in page
    with pytest.raises(InputError, match="no place"):
        routing.with_tables("a page", tables)
    routing.with_tables(routing.PAGE.read_text(encoding="utf-8"), tables)


def test_tables_by_name(tmp_path: Path) -> None:
    write_table(two_tiers(30), tmp_path / "o.parquet")
    (name, table), *others = routing.tables_of(None, [f"ours={tmp_path}/o.parquet"], seed=0)
    assert (name, len(table), others) == ("ours", 30, [])
    for wrong in ("o.parquet", "=o.parquet", "ours="):
        with pytest.raises(InputError, match="NAME=PATH"):
            list(routing.tables_of(None, [wrong], seed=0))


def test_a_command_says_nothing_of_the_machine(tmp_path: Path) -> None:
    assert routing.portable(f"ours={tmp_path}/o.parquet") == "ours=o.parquet"
    assert routing.portable("--seed") == "--seed"
    assert routing.portable("ours=o.parquet") == "ours=o.parquet"


def test_errors_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, message in (([], "No table was given"), (["--methods", "magic", "--data", "nowhere"], "nowhere")):
        with pytest.raises(SystemExit) as caught:
            routing.main(arguments)
        assert message in str(caught.value)
