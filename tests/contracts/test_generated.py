"""What is generated is what its source says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
STUBS = Path("upcall/protocol/v1")


def test_python_stubs_match_the_protocol(tmp_path: Path) -> None:
    protos = sorted(str(path.relative_to(ROOT / "proto")) for path in (ROOT / "proto" / STUBS).glob("*.proto"))
    compiler = [sys.executable, "-m", "grpc_tools.protoc", "--proto_path=proto"]
    compiler += [
        f"--plugin=protoc-gen-{name}={Path(sys.executable).parent / f'protoc-gen-{name}'}"
        for name in ("mypy", "mypy_grpc")
    ]
    for command in (
        [*compiler, f"--python_out={tmp_path}", f"--mypy_out={tmp_path}", *protos],
        [*compiler, f"--grpc_python_out={tmp_path}", f"--mypy_grpc_out={tmp_path}", str(STUBS / "escalation.proto")],
    ):
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    fresh = {path.name: path.read_text() for path in (tmp_path / STUBS).iterdir()}
    committed = {path.name: path.read_text() for path in (ROOT / "proto/python" / STUBS).iterdir() if path.is_file()}
    assert fresh == committed, "run `make gen`"
