from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from upcall.edge_runtime.cli.pull import app
from upcall.edge_runtime.errors import InputError, ModelError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPCALL_HOME", str(tmp_path))


def test_list_shows_the_catalogue_and_pulls_nothing(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["--list"], env={"COLUMNS": "120"})
    assert said.exit_code == 0
    assert "qwen2.5-coder-1.5b-instruct" in said.output
    assert "CC-BY-4.0" in said.output
    assert not list(tmp_path.iterdir())


def test_help_has_examples() -> None:
    said = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "120"})
    assert "upcall pull --device --cloud" in said.output


@pytest.mark.parametrize(
    ("arguments", "kind", "text"),
    [
        ([], InputError, "No model was named"),
        (["rampatr"], ModelError, "upcall pull rampart"),
        (["--all", "--from", "."], InputError, "exactly one"),
        (["rampart", "--from", "no-such-file"], InputError, "no-such-file"),
    ],
)
def test_wrong_arguments(arguments: list[str], kind: type[Exception], text: str) -> None:
    said = CliRunner().invoke(app, arguments)
    assert isinstance(said.exception, kind)
    assert text in str(said.exception)


def test_an_own_copy_is_checked(tmp_path: Path) -> None:
    own = tmp_path / "own.gguf"
    own.write_bytes(b"not the model")
    said = CliRunner().invoke(app, ["smollm2-135m-instruct", "--from", str(own)])
    assert isinstance(said.exception, ModelError)
    assert "13 bytes" in str(said.exception)
