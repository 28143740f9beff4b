"""The command writes a table that the others read."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from upcall.edge_runtime.errors import InputError, OutputError
from upcall.routing.cli.importing import app
from upcall.routing.tables.parquet import read_table


def test_a_csv_file(tmp_path: Path) -> None:
    path, out = tmp_path / "wide.csv", tmp_path / "table.parquet"
    path.write_text("quality.a,quality.b\n" + "0,1\n1,1\n" * 5)
    done = CliRunner().invoke(app, ["csv", str(path), "--out", str(out), "--cost", "a=1", "--cost", "b=2.5"])
    assert done.exit_code == 0, done.output
    assert "10 queries (4 train, 3 calibration, 3 test); mean quality: a 0.500, b 1.000" in done.stderr
    assert read_table(out).cost[0].tolist() == [1, 2.5]


def test_errors_are_told(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("quality.a,cost.a\n" + "0,1\n1,1\n" * 5)
    done = CliRunner().invoke(app, ["csv", str(path), "--out", str(tmp_path / "no" / "folder.parquet")])
    assert isinstance(done.exception, OutputError)
    assert "cannot be written" in str(done.exception)
    arguments = ["routellm-gsm8k", "--data", str(tmp_path), "--out", str(tmp_path / "o"), "--pair", "--cost", "a=1"]
    assert isinstance(CliRunner().invoke(app, arguments).exception, InputError)
