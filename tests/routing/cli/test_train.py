"""Train, bake, calibrate and explain, from the command line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tests.routing.worlds import logistic_world
from upcall.edge_runtime.bundle import file_sha256, open_bundle
from upcall.edge_runtime.decision.confidence import Signal
from upcall.edge_runtime.errors import InputError, OutputError
from upcall.export.cli import app as export
from upcall.routing.cli.calibrate import app as calibrate
from upcall.routing.cli.explain import app as explain
from upcall.routing.cli.train import app as train
from upcall.routing.heads.router_head import read_head
from upcall.routing.tables.outcome_table import OutcomeTable
from upcall.routing.tables.parquet import write_table

WORLD = replace(logistic_world(450)[0], prompts=tuple(f"secret words {place}" for place in range(450)))


def said(app: typer.Typer, *arguments: object) -> str:
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    assert done.exit_code == 0, (done.output, done.exception)
    return str(done.output)


def refused(app: typer.Typer, text: str, *arguments: object) -> None:
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    assert isinstance(done.exception, InputError), done.output
    assert text in str(done.exception)


@pytest.fixture
def table(tiny_bundle: Path, tmp_path: Path) -> Path:
    manifest = open_bundle(tiny_bundle).manifest
    return written(
        replace(WORLD, about={"model_revision": manifest.model.revision, "recipe": manifest.recipe}), tmp_path
    )


def written(table: OutcomeTable, folder: Path) -> Path:
    path = folder / "outcomes.parquet"
    write_table(table, path)
    return path


def test_a_trained_head_is_baked_into_its_bundle(table: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    head = tmp_path / "head.safetensors"
    told = said(train, "--table", table, "--stage", "post", "--out", head)
    assert "post, logistic, 39 features; queries: 150 train, 150 calibration, 150 test" in told
    assert "AUROC 0." in told
    assert "easy: AUROC" in told
    said(export, tiny_bundle, "--router", head, "--out", tmp_path / "routed")
    bundle, own = open_bundle(tmp_path / "routed"), read_head(head)
    assert own.threshold is not None
    assert bundle.threshold is not None
    assert (bundle.threshold.signal, bundle.threshold.value) == (Signal.ROUTER_POST, own.threshold.value)
    assert bundle.manifest.threshold.calibration.set_name == "outcomes"
    assert bundle.manifest.threshold.calibration.set_sha256 == file_sha256(table)
    assert own.revision in [one.revision for one in bundle.manifest.router_heads]


def test_a_head_before_the_answer_has_no_threshold(table: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    head = tmp_path / "head.safetensors"
    told = said(train, "--table", table, "--stage", "pre", "--model", "mlp", "--out", head)
    assert "pre, mlp, 20 features" in told
    assert "threshold" not in told
    said(export, tiny_bundle, "--router", head, "--out", tmp_path / "routed")


def test_another_threshold(table: Path, tmp_path: Path) -> None:
    head, strict, safe = (tmp_path / f"{name}.safetensors" for name in ("head", "strict", "safe"))
    said(train, "--table", table, "--target-kept-accuracy", 0.6, "--out", head)
    told = said(calibrate, head, "--table", table, "--target-kept-accuracy", 0.9, "--out", strict)
    old, new = read_head(head), read_head(strict)
    assert old.threshold is not None
    assert new.threshold is not None
    assert f"before     {old.threshold.value:.4f} nats" in told
    assert f"threshold  {new.threshold.value:.4f} nats" in told
    assert new.threshold.value > old.threshold.value
    assert all((a[0] == b[0]).all() for a, b in zip(old.layers, new.layers, strict=True))
    said(calibrate, head, "--table", table, "--max-loss", 0.3, "--delta", 0.2, "--out", safe)
    assert read_head(safe).threshold != new.threshold


def test_command_lines_that_are_refused(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "head.safetensors"
    given = ("--table", table, "--out", out)
    refused(train, "given together", *given, "--target-kept-accuracy", 0.9, "--max-loss", 0.1)
    refused(train, "target accuracy is 2", *given, "--target-kept-accuracy", 2)
    no_folder = CliRunner().invoke(train, ["--table", str(table), "--out", str(tmp_path / "nowhere" / "head")])
    assert isinstance(no_folder.exception, OutputError)
    refused(train, "no outcome table at", "--table", tmp_path / "none.parquet", "--out", out)
    bare = tmp_path / "bare"
    bare.mkdir()
    plain = written(replace(WORLD, features=(None,) * 3, feature_names=((),) * 3), bare)
    refused(train, "lacks features of device", "--table", plain, "--out", out)
    refused(calibrate, "no router head at", tmp_path / "none", *given)
    assert not out.exists()
    said(train, *given)
    refused(calibrate, "of another bundle", out, "--table", written(WORLD, bare), "--out", tmp_path / "other")


def test_explain(table: Path) -> None:
    told = said(explain, "--table", table, "--query", "q7")
    assert "answered: none; expected quality device 0." in told
    assert "secret" not in told
    shown = json.loads(said(explain, "--table", table, "--query", "q7", "--budget", 0.5, "--json", "--show-prompt"))
    assert shown["prompt"] == "secret words 7"
    assert shown["asked"]
    assert shown["chosen"] in shown["asked"]
    assert shown["cost"] == pytest.approx(
        sum({"device": 0.1, "small": 0.3, "large": 1.0}[one] for one in shown["asked"])
    )
    same = json.loads(said(explain, "--table", table, "--query", "q7", "--setting", shown["setting"], "--json"))
    assert same["steps"] == shown["steps"]
    assert "prompt" not in same


def test_explanations_that_are_refused(table: Path, tmp_path: Path) -> None:
    refused(explain, "no query 'q999'", "--table", table, "--query", "q999")
    refused(explain, "no method 'magic'", "--table", table, "--query", "q1", "--method", "magic")
    refused(explain, "given together", "--table", table, "--query", "q1", "--budget", 1, "--setting", 1)
    refused(explain, "below what bellman spends", "--table", table, "--query", "q1", "--budget", 0.01)
    refused(explain, "cannot be fitted", "--table", table, "--query", "q1", "--method", "multi_objective")
    short = tmp_path / "short"
    short.mkdir()
    only = written(WORLD.select(WORLD.splits == "train"), short)
    refused(explain, "no queries of the split calibration", "--table", only, "--query", "q1")


def test_help_has_examples() -> None:
    for app in (train, calibrate, explain):
        assert "Examples:" in said(app, "--help")
