from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.export.conftest import write_model
from upcall.edge_runtime.bundle import open_bundle
from upcall.edge_runtime.errors import InputError, ModelError
from upcall.export.cli import app


@pytest.mark.parametrize(
    ("arguments", "kind", "text"),
    [
        (["smollm2-135m-instruct", "--to", "tflite"], InputError, "Allowed: onnx, executorch"),
        (["smollm2-135m-instruct", "--to", "executorch", "--recipe", "onnx_int8"], InputError, "xnnpack_8da4w_g32"),
        (["smollm2-135m-instruct", "--to", "onnx", "--recipe", "int3"], InputError, "onnx_int4_g32"),
        (["smollm2-135m-instruct", "--to", "onnx"], ModelError, "upcall pull smollm2-135m-instruct"),
        (["smolm2", "--to", "onnx"], ModelError, "upcall pull smollm2-135m-instruct"),
        (["absent.gguf", "--to", "onnx"], InputError, "absent.gguf"),
    ],
)
def test_wrong_arguments(home: Path, arguments: list[str], kind: type[Exception], text: str) -> None:
    said = CliRunner().invoke(app, arguments)
    assert isinstance(said.exception, kind)
    assert text in str(said.exception)


def test_dry_run_writes_nothing(home: Path, tmp_path: Path) -> None:
    said = CliRunner().invoke(app, [str(write_model(tmp_path / "tiny.gguf")), "--to", "onnx", "--dry-run"])
    assert said.exit_code == 0
    assert "onnx_int4_g32" in said.output
    assert not home.exists()


def test_export_to_the_default_place(home: Path, tmp_path: Path) -> None:
    said = CliRunner().invoke(app, [str(write_model(tmp_path / "tiny.gguf")), "--to", "onnx"])
    assert said.exit_code == 0, said.output
    assert "AUROC" in said.output
    assert open_bundle(home / "bundles" / "tiny-onnx_int4_g32").manifest.model.id == "tiny"


def test_help_has_examples() -> None:
    said = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "120"})
    assert "upcall export smollm2-135m-instruct --to onnx" in said.output
