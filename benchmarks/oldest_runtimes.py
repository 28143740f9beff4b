"""Whether a bundle says the same on the oldest runtimes that its manifest names, which are those that Android has."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import results
from benchmarks.machine import describe
from benchmarks.results import Row, at_least, at_most
from benchmarks.subjects import MeasuringError
from upcall.edge_runtime.bundle import Bundle, open_bundle
from upcall.edge_runtime.errors import UpcallError
from upcall.edge_runtime.home import upcall_home
from upcall.edge_runtime.opening import default_bundle_path

ROOT = Path(__file__).resolve().parents[1]
ANSWERING = ROOT / "android/engine-onnx/src/test/python/answer_greedily.py"
TORCH_OF = {"1.3.1": "2.12.1"}
"""ExecuTorch's wheels load with the version of PyTorch that they were made with, and no other."""
KNIFE_EDGE = 0.5
"""Of logits: versions round activations of 8 bits otherwise, so a token that led by less is no fault."""
NEW_TOKENS = 24
PROMPTS = (
    "What is the capital of France?",
    "Write a short poem about rain.",
    "Explain in one sentence why the sky is blue.",
    "Add 17 and 25.",
    "Translate into German: Good morning, my friend.",
    "List three fruits.",
    "Is this positive or negative? I loved the film.",
    "def add(a, b):",
    "Who wrote Hamlet?",
    "How do I boil an egg?",
    "Name a month with 30 days.",
    "Summarise: The meeting moved from Monday to Thursday because the room was taken.",
)
_DESCRIPTION = """Answer a few prompts greedily on the runtime that is installed and on the oldest one that the manifest names.

The older one is installed by pip into a folder of UPCALL_HOME, once; that of ExecuTorch brings its PyTorch (2 GB on disk).
Ends in 1 where an answer parts at a token that was no knife edge."""
_console = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Answers of two versions.

    Args:
        answers: how many.
        parted: of them, at a knife edge.
        different: of them, elsewhere.
        widest: by how many logits a token led at most where two answers part.
    """

    answers: int
    parted: int
    different: int
    widest: float


def main() -> None:
    """Compare, write the results; ends in 1 where they differ."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.oldest_runtimes",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("bundles", nargs="*", type=Path, metavar="BUNDLE", help="folders [the default bundle]")
    parser.add_argument("--dry-run", action="store_true", help="compare and write nothing")
    given = parser.parse_args()
    try:
        rows = [row for path in given.bundles or [default_bundle_path()] for row in _rows(open_bundle(path))]
    except (UpcallError, MeasuringError) as error:
        sys.exit(str(error))
    for row in rows:
        _console.print(f"{row.figure}: {row.value:g} {row.unit} ({row.note})", markup=False)
    if not given.dry_run:
        command = results.command_line("benchmarks.oldest_runtimes", sys.argv[1:])
        results.publish("oldest_runtimes", command=command, machine=describe(), rows=rows)
    if not all(row.holds for row in rows):
        sys.exit(1)


def _rows(bundle: Bundle) -> list[Row]:
    rows = []
    if not bundle.manifest.least_runtime_versions:
        raise MeasuringError(f"{bundle.path.name} names no runtimes. Next: make it again with `upcall export`")
    for runtime, least in sorted(bundle.manifest.least_runtime_versions.items()):
        found = compare(_answers(bundle, []), _answers(bundle, [installed(runtime, least)]))
        model = f"{bundle.manifest.model.id}, {bundle.manifest.recipe}"
        target, holds = at_least(len(PROMPTS), found.answers)
        note = f"of {NEW_TOKENS} tokens, greedy; {runtime} {least} beside {version(runtime)}"
        figure = f"answers compared, {model}"
        rows.append(Row(figure=figure, value=found.answers, unit="answers", target=target, holds=holds, note=note))
        target, holds = at_most(0, found.different)
        note = f"{found.parted} more part at knife edges, where a token led by {found.widest:.2f} logits at most"
        figure = f"differ between versions, {model}"
        rows.append(Row(figure=figure, value=found.different, unit="answers", target=target, holds=holds, note=note))
    return rows


def installed(runtime: str, wanted: str) -> Path:
    """The folder of a version of a runtime, put there by pip if need be. Raises MeasuringError where it cannot be."""
    folder = upcall_home() / "runtimes" / f"{runtime}-{wanted}"
    if (folder / "installed").is_file():
        return folder
    packages = [f"{runtime}=={wanted}"]
    if runtime == "executorch":
        if wanted not in TORCH_OF:
            raise MeasuringError(f"Nobody said which PyTorch executorch {wanted} was made with: see TORCH_OF.")
        packages.append(f"torch=={TORCH_OF[wanted]}")
    _console.print(f"installing {' and '.join(packages)}", markup=False)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), *packages]
    _run(command, {}, "")
    (folder / "installed").touch()
    return folder


def compare(answers: Sequence[dict[str, Any]], others: Sequence[dict[str, Any]]) -> Comparison:
    """Answers of one version beside those of another, to the same prompts.

    Args:
        answers: ``tokens``, and ``margins`` by which each led.
        others: the same of the other version.
    """
    partings = []
    for one, other in zip(answers, others, strict=True):
        pairs = zip(one["tokens"], other["tokens"], strict=False)
        place = next((place for place, (mine, its) in enumerate(pairs) if mine != its), None)
        if place is not None:
            partings.append(one["margins"][place])
        elif len(one["tokens"]) != len(other["tokens"]):  # which no rounding does
            partings.append(float("inf"))
    different = sum(margin >= KNIFE_EDGE for margin in partings)
    return Comparison(len(answers), len(partings) - different, different, max(partings, default=0.0))


def _answers(bundle: Bundle, first: Sequence[Path]) -> list[dict[str, Any]]:
    path = os.pathsep.join([*map(str, first), *(entry for entry in sys.path if entry)])
    command = [sys.executable, str(ANSWERING), str(bundle.path), str(NEW_TOKENS)]
    found: list[dict[str, Any]] = json.loads(_run(command, {"PYTHONPATH": path}, json.dumps(PROMPTS)))["answers"]
    return found


def _run(command: Sequence[str], environment: dict[str, str], given: str) -> str:
    done = subprocess.run(
        command, env={**os.environ, **environment}, input=given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise MeasuringError(f"{Path(command[1]).name} failed: {done.stderr.strip()[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    main()
