"""``upcall route eval`` and ``upcall route report`` from a file to figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.routing.outcomes import two_tiers
from upcall.edge_runtime.errors import InputError
from upcall.routing.cli import evaluate, report
from upcall.routing.tables.parquet import write_table


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tables") / "outcomes.parquet"
    write_table(two_tiers(300), path)
    return path


def test_figures_as_json(path: Path) -> None:
    arguments = ["--table", str(path), "--methods", "random, length", "--budgets", "2,5", "--resamples", "10", "--json"]
    done = CliRunner().invoke(evaluate.app, arguments)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert [one["name"] for one in told["results"]] == ["random", "length"]
    assert [one["aim"] for one in told["results"][0]["budgets"]] == ["cost ≤ 2", "cost ≤ 5"]
    assert "1/2 random" in done.stderr
    assert "2/2 length" in done.stderr


def test_figures_as_tables(path: Path) -> None:
    done = CliRunner().invoke(evaluate.app, ["--table", str(path), "--methods", "random,self_verification"])
    assert done.exit_code == 0, done.output
    assert "Single tiers" in done.stdout
    assert "left out: self_verification: the table lacks the feature" in " ".join(done.stdout.split())
    assert "do not use: random" in " ".join(done.stdout.split())


def test_a_report(path: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        report.app,
        ["--table", str(path), "--methods", "random,length", "--resamples", "5", "--out", str(tmp_path)],
    )
    assert done.exit_code == 0, done.output
    text = (tmp_path / "report.html").read_text()
    assert "Routing: outcomes" in text
    assert "--methods random,length --seed 0 --bound betting" in text
    assert str(path.parent) not in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--budgets", "2,cheap"], "no number"),
        (["--budgets", "0.5"], "below what the cheapest tier"),
        (["--methods", "magic"], "no method 'magic'"),
        (["--max-loss", "2"], "most is 2"),
        (["--table", "nowhere.parquet"], "no outcome table"),
    ],
)
def test_errors_are_told(path: Path, arguments: list[str], message: str) -> None:
    done = CliRunner().invoke(evaluate.app, ["--table", str(path), *arguments])
    assert isinstance(done.exception, InputError)
    assert message in str(done.exception)
