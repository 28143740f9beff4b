"""``make kotlin-demo``: the command line sample on a real bundle, beside the service with the large model on loopback."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MODEL = "qwen2.5-coder-0.5b-instruct"
_UPCALL = [sys.executable, "-m", "upcall.edge_runtime.cli"]
_QUESTIONS = (
    ["What is 12 + 30?"],
    ["--strategy", "cloud", "Write one sentence to ann.lee@example.com about the lease."],
    ["--private", "Project Heron", "--strategy", "cloud", "Say in one sentence what Project Heron might be."],
    ["--quality-level", "0", "What is 487 + 956?"],
)


def main() -> None:
    """Start the service, ask, show the answers and what left."""
    bundle = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder, _service(Path(folder)) as (address, key):
        for options in _QUESTIONS:
            sys.stdout.write(f"\n> sample-cli {shlex.join(options)}\n")
            sys.stdout.flush()
            command = [sys.executable, "-m", "android.check", "--run", "sample-cli", "--bundle", str(bundle)]
            environment = {**os.environ, "UPCALL_API_KEY": key}
            subprocess.run([*command, "--cloud", address, *options], env=environment, check=True)


@contextmanager
def _service(folder: Path) -> Iterator[tuple[str, str]]:
    """Address and key of a service that runs while the block does."""
    keys = ["--keys", str(folder / "keys")]
    key = subprocess.run([*_UPCALL, "cloud", "key", "demo", *keys], capture_output=True, text=True, check=True)
    command = [*_UPCALL, "cloud", "--port", "0", "--model", _MODEL, *keys]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as service:
        try:
            assert service.stdout is not None
            for line in service.stdout:
                if ready := re.search(r"ready on \S+:(\d+)", line):
                    yield f"127.0.0.1:{ready[1]}", key.stdout.strip()
                    return
            raise SystemExit(f"The service did not start.\nNext: {' '.join(command)}")
        finally:
            service.terminate()


if __name__ == "__main__":
    main()
