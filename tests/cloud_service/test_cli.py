from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.cloud_service.engines.gguf_files import write_gguf
from upcall.cloud_service.admission.auth import ApiKeys
from upcall.cloud_service.cli import DEFAULT_MODEL, app, model_file
from upcall.edge_runtime.errors import InputError, ModelError


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UPCALL_HOME", str(tmp_path))
    return tmp_path


def test_help_shows_examples() -> None:
    assert "upcall cloud key phone" in run("--help")
    assert "UPCALL_API_KEY" in run("key", "--help")


def test_a_key_is_printed_alone_and_works(home: Path) -> None:
    key = run("key", "phone").strip()
    assert ApiKeys.load(home / "cloud_keys").tenant_of(key) == "phone"


def test_serving_without_a_key_says_what_to_do() -> None:
    with pytest.raises(InputError, match="upcall cloud key NAME"):
        run("--engine", "scripted")


def test_an_empty_key_file_is_no_key(home: Path) -> None:
    (home / "cloud_keys").touch(mode=0o600)
    with pytest.raises(InputError, match="holds no key"):
        run("--engine", "scripted")


def test_no_auth_is_for_loopback(home: Path) -> None:
    pem = home / "x.pem"
    with pytest.raises(InputError, match="There is no key yet"):
        run("--host", "[::1]")
    with pytest.raises(InputError, match="let anybody call"):
        run("--no-auth", "--host", "0.0.0.0", "--tls-cert", str(pem), "--tls-key", str(pem))
    with pytest.raises(InputError, match="without TLS"):
        run("--no-auth", "--host", "0.0.0.0")


@pytest.mark.parametrize("model", ["missing.gguf", "./missing", "/dev/nowhere/model.gguf"])
def test_a_path_that_leads_nowhere(model: str) -> None:
    with pytest.raises(InputError, match="There is no file"):
        model_file(model)


def test_names_are_those_of_the_catalogue() -> None:
    with pytest.raises(ModelError, match=f"upcall pull {DEFAULT_MODEL}"):
        model_file(DEFAULT_MODEL)
    with pytest.raises(ModelError):
        model_file("unheard-of")


def test_a_path_that_exists_is_taken(home: Path) -> None:
    path = home / "own.gguf"
    path.touch()
    assert model_file(str(path)) == path


def test_a_file_that_is_no_model(home: Path) -> None:
    path = home / "own.gguf"
    path.write_bytes(b"no model")
    with pytest.raises(ModelError, match="is not a chat model"):
        run("--no-auth", "--port", "0", "--model", str(path))


def test_a_model_of_the_catalogue_that_does_not_chat() -> None:
    with pytest.raises(ModelError, match="'rampart' is not a chat model") as caught:
        run("--no-auth", "--port", "0", "--model", "rampart")
    assert DEFAULT_MODEL in caught.value.allowed


def test_a_setting_that_cannot_work_ends_the_start(home: Path) -> None:
    path = write_gguf(home / "own.gguf")
    with pytest.raises(InputError, match="--threads is 100,000"):
        run("--no-auth", "--port", "0", "--model", str(path), "--threads", "100000")
