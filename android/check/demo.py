"""``make kotlin-demo``: the command line sample on a real bundle, beside the service with the large model on loopback."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from upcall.edge_runtime.cli.demo import service_on_loopback
from upcall.edge_runtime.errors import UpcallError

_MODEL = "qwen2.5-coder-0.5b-instruct"
_QUESTIONS = (
    ["What is 12 + 30?"],
    ["--strategy", "cloud", "Write one sentence to ann.lee@example.com about the lease."],
    ["--private", "Project Heron", "--strategy", "cloud", "Say in one sentence what Project Heron might be."],
    ["--quality-level", "0", "What is 487 + 956?"],
)


def main() -> None:
    """Start the service, ask, show the answers and what left."""
    bundle = Path(sys.argv[1])
    with service_on_loopback(_MODEL) as cloud:
        for options in _QUESTIONS:
            sys.stdout.write(f"\n> sample-cli {shlex.join(options)}\n")
            sys.stdout.flush()
            command = [sys.executable, "-m", "android.check", "--run", "sample-cli", "--bundle", str(bundle)]
            environment = {**os.environ, "UPCALL_API_KEY": cloud.api_key}
            subprocess.run([*command, "--cloud", cloud.target, *options], env=environment, check=True)


if __name__ == "__main__":
    try:
        main()
    except UpcallError as error:
        sys.exit(str(error))
