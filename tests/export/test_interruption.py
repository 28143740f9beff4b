"""An export that is killed at any point, or interrupted, leaves no half bundle, and the next run cleans up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.export.conftest import write_model
from upcall.edge_runtime.bundle import open_bundle

# Each export runs in a fork that kills itself as a stage begins, or when all are done and the bundle has no name yet; the last
# one is left alone. All that is heavy is imported before, and questions are few, so that this takes seconds.
KILLED = textwrap.dedent(
    """
    import json, os, signal, sys
    from pathlib import Path
    import gguf, onnx, onnxruntime, torch, transformers
    from upcall.export import ExportPlan, export
    from upcall.export.checks import parity, samples, threshold
    questions, sha256 = threshold.load_set()
    threshold.load_set = parity.load_set = lambda: (questions[::20], sha256)
    text = samples.prose()[:600]
    samples.prose = lambda: text
    torch.set_num_threads(1)
    source, target, home = map(Path, sys.argv[1:])
    step = 0
    while True:
        pid = os.fork()
        if pid == 0:
            seen = 0
            def kill(stage):
                global seen
                if stage.seconds is not None and not stage.name.startswith("write"):
                    return
                if seen == step:
                    os.kill(os.getpid(), signal.SIGKILL)
                seen += 1
            export(ExportPlan(source=source, model_id="tiny", licence="", target=target), progress=kill)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        if not os.WIFSIGNALED(status):
            break
        print(json.dumps({"step": step, "target": target.exists(), "beside": len(list(target.parent.iterdir()))}))
        step += 1
    """
)


@pytest.mark.slow
def test_killed_at_any_stage(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "tiny"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLED, write_model(tmp_path / "tiny.gguf"), target, home],
        capture_output=True,
        text=True,
        check=True,
    )
    killed = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(killed) == 8  # seven stages and the end
    assert not [one for one in killed if one["target"]]
    assert all(one["beside"] <= 1 for one in killed)  # the partial folder, replaced by each run
    open_bundle(target)
    assert {path.name for path in target.parent.iterdir()} == {"tiny"}
    assert not (home / "work" / "export" / "float32").exists()


def test_interrupted_from_the_keyboard(home: Path, tmp_path: Path) -> None:
    model, target = write_model(tmp_path / "tiny.gguf"), tmp_path / "out" / "tiny"
    process = subprocess.Popen(
        [sys.executable, "-m", "upcall.edge_runtime.cli", "export", str(model), "--to", "onnx", "--out", str(target)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "UPCALL_HOME": str(home)},
    )
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if "quantise" in line:
            process.send_signal(signal.SIGINT)
            break
    said += process.communicate()[1]
    assert process.returncode == 130, said
    assert "Interrupted at the stage '" in said
    assert "no bundle was written" in said
    assert "Traceback" not in said
    assert not list(target.parent.iterdir())
    assert not (home / "work" / "export" / "float32").exists()
