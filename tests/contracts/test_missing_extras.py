"""Without an extra, the error names it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Run by every interpreter that starts with it on its path, the engine's child process included.
WITHOUT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {module!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
"""


@pytest.mark.parametrize(
    ("module", "extra", "arguments"),
    [
        ("onnxruntime", "onnx", ["ask", "--bundle", "BUNDLE", "Hi"]),
        ("torch", "export", ["export", "MODEL", "--to", "onnx"]),
        ("cryptography", "vault", ["redact", "--vault", "VAULT", "MODEL"]),
        ("adbutils", "deploy", ["deploy", "doctor"]),
        ("onnxruntime", "onnx", ["deploy", "bench", "BUNDLE"]),
        ("xllamacpp", "cloud", ["cloud", "--model", "MODEL", "--no-auth", "--port", "0"]),
    ],
)
def test_error_names_the_extra(
    module: str, extra: str, arguments: list[str], tiny_bundle: Path, tmp_path: Path
) -> None:
    model = tmp_path / "model.gguf"
    model.write_bytes(b"GGUF")
    given = [
        {"BUNDLE": str(tiny_bundle), "MODEL": str(model), "VAULT": str(tmp_path / "vault")}.get(argument, argument)
        for argument in arguments
    ]
    (tmp_path / "sitecustomize.py").write_text(WITHOUT.format(module=module), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "upcall.edge_runtime.cli", *given],
        capture_output=True,
        text=True,
        env={**os.environ, "UPCALL_HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path[1:]])},
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert f"pip install 'upcall[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr
