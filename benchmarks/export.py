"""Time, memory, size and quality of ``upcall export``, by default for the 135M model, in a home of its own."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import results
from benchmarks.machine import OtherPrograms, TreeMemory, describe
from benchmarks.results import Row, at_most
from benchmarks.subjects import stored_bytes
from upcall.edge_runtime.bundle import open_bundle
from upcall.edge_runtime.downloads.catalogue import find
from upcall.edge_runtime.downloads.store import model_path
from upcall.edge_runtime.errors import InputError, ModelError, UpcallError
from upcall.edge_runtime.home import upcall_home
from upcall.protocol.v1 import bundle_pb2

MODEL = "smollm2-135m-instruct"
FORMATS = ("onnx", "executorch")
MAX_SECONDS_AFTER_LOAD = {"onnx": 60.0, "executorch": 240.0}
MAX_BUNDLE_MB = 95.0
_LOAD_STAGE = "read the model"
_PATIENCE_S = 3600.0
MAX_LOSS = 0.05
"""Of perplexity and accuracy against float32 on the same weights, as a share of float32's."""
_COMMAND = (sys.executable, "-m", "upcall.edge_runtime.cli", "export")
_DESCRIPTION = """Run `upcall export` on a pulled model in an empty UPCALL_HOME and measure it.

Writes benchmarks/results/export.json (of another model export_NAME.json) and RESULTS.md: seconds of every stage, peak memory
of the process and its children, the bundle's size, and the checks and figures of its manifest. Leave the machine alone
meanwhile. Linux only. The 135M model takes about 2 minutes for onnx and 8 for executorch on 2 cores; an export is given up
after an hour. Nothing is downloaded."""
_EXAMPLES = """examples:
  python -m benchmarks.export                # every format that this Upcall can write
  python -m benchmarks.export --to onnx
  python -m benchmarks.export --model qwen2.5-coder-0.5b-instruct
  python -m benchmarks.export --to onnx --dry-run"""
_console = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class Exported:
    """One export that ended well.

    Args:
        model: of the catalogue.
        format: of the graph.
        wall_s: from the command's start to its end.
        stages: name and seconds, in order.
        peak_bytes: resident memory of the process and its children, summed.
        bundle_bytes: of all files.
        manifest: of the bundle.
    """

    model: str
    format: str
    wall_s: float
    stages: Sequence[tuple[str, float]]
    peak_bytes: int
    bundle_bytes: int
    manifest: bundle_pb2.BundleManifest


def main() -> None:
    """Measure, write the results."""
    given = _arguments()
    try:
        _run(given.model, given.to, dry_run=given.dry_run)
    except UpcallError as error:
        sys.exit(str(error))


def _run(model: str, wanted: Sequence[str], *, dry_run: bool) -> None:
    model_path(find(model))  # not pulled: says so now
    offered = _offered()
    if missing := set(wanted) - set(offered):
        raise InputError(f"This Upcall cannot write {', '.join(sorted(missing))}.", allowed=", ".join(offered))
    others = OtherPrograms()
    listed = [row for name in wanted or offered for row in rows(_export(model, name))]
    note = "the less, the more the times above mean"
    listed.append(Row(figure="processor time of other programs", value=others.share(), unit="%", note=note))
    for row in listed:
        _console.print(f"{row.value:12,.4g} {row.unit:10} {row.figure}  {row.target or ''}", markup=False)
    if not dry_run:
        command = results.command_line("benchmarks.export", sys.argv[1:])
        results.publish(
            "export" if model == MODEL else f"export_{model}", command=command, machine=describe(), rows=listed
        )


def _offered() -> list[str]:
    shown = subprocess.run([*_COMMAND, "--help"], capture_output=True, text=True)
    if shown.returncode:
        raise ModelError("`upcall export --help` failed.", next_step="run it and see why")
    return [name for name in FORMATS if name in shown.stdout]


def _export(model: str, to: str) -> Exported:
    """Run the command and watch it.

    Raises:
        ModelError: it failed, or took too long.
    """
    with tempfile.TemporaryDirectory(prefix="upcall-") as folder:
        home = Path(folder) / "home"
        home.mkdir()
        (home / "models").symlink_to((upcall_home() / "models").absolute(), target_is_directory=True)
        bundle = home / "bundle"
        start = time.monotonic()
        child = subprocess.Popen(
            [*_COMMAND, model, "--to", to, "--out", str(bundle)],
            env={**os.environ, "UPCALL_HOME": str(home)},
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        memory = TreeMemory(child.pid)
        watchdog = threading.Timer(_PATIENCE_S, child.kill)
        watchdog.start()
        try:
            assert child.stderr is not None
            lines = []
            for line in child.stderr:
                lines.append(line.rstrip())
                _console.print(f"{to:11} {lines[-1]}", markup=False)
            code = child.wait()
        finally:
            watchdog.cancel()
            child.kill()
            peak = memory.stop()
        wall = time.monotonic() - start
        if code:
            raise ModelError(
                f"upcall export --to {to} ended with {code} after {wall:.0f} s.", next_step="see its last lines"
            )
        return Exported(model, to, wall, list(stages(lines)), peak, stored_bytes(bundle), open_bundle(bundle).manifest)


def stages(lines: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Name and seconds of each stage that the command reports as ``SECONDS s  NAME``."""
    for line in lines:
        if found := re.fullmatch(r" *([\d.]+) s {2}(\S.*)", line):
            yield found[2], float(found[1])


def rows(exported: Exported) -> list[Row]:
    """Targets first, then stages, memory, and what the manifest says."""
    to = exported.format
    load = sum(seconds for name, seconds in exported.stages if name == _LOAD_STAGE)
    after_load, size = exported.wall_s - load, exported.bundle_bytes / 1e6
    limit, is_fast = at_most(MAX_SECONDS_AFTER_LOAD[to], after_load)
    bound, is_small = at_most(MAX_BUNDLE_MB, size)
    goals: list[dict[str, Any]] = [{"target": limit, "holds": is_fast}, {"target": bound, "holds": is_small}]
    if exported.model != MODEL:  # whose goals these are
        goals = [{}, {}]
    whole = "the whole command less reading the model; checks, quality and calibration included"
    listed = [
        Row(figure=f"{to}, export after load", value=after_load, unit="s", note=whole, **goals[0]),
        Row(figure=f"{to}, bundle", value=size, unit="MB", note="all files; MB of 10⁶ bytes", **goals[1]),
        *_quality(exported),
        Row(figure=f"{to}, export in all", value=exported.wall_s, unit="s", note="from start to end of the command"),
    ]
    listed += [Row(figure=f"{to}, stage: {name}", value=seconds, unit="s") for name, seconds in exported.stages]
    peak = exported.peak_bytes / 1e6
    note = "resident, process and children summed, ten looks a second; mapped files count where touched"
    listed.append(Row(figure=f"{to}, peak memory", value=peak, unit="MB", note=note))
    for check in exported.manifest.checks:
        bound, holds = check.bound, _holds(check.bound, check.value)
        name = f"{to}, check: {check.name}"
        target = None if holds is None else bound
        listed.append(Row(figure=name, value=check.value, unit=check.unit or "1", target=target, holds=holds))
    for figure in exported.manifest.figures:
        if figure.name.endswith((", this bundle", ", float32")):
            continue  # among the goals
        note = figure.bound
        listed.append(Row(figure=f"{to}, {figure.name}", value=figure.value, unit=figure.unit or "1", note=note))
    return listed


def _quality(exported: Exported) -> Iterator[Row]:
    """Perplexity and accuracies beside float32's, with the loss allowed."""
    values = {figure.name: figure for figure in exported.manifest.figures}
    for name, figure in values.items():
        of, _, which = name.rpartition(", ")
        if which != "this bundle" or f"{of}, float32" not in values:
            continue
        wide = values[f"{of}, float32"].value
        if "perplexity" in name:
            target, holds = f"≤ {1 + MAX_LOSS:g} × float32", figure.value <= (1 + MAX_LOSS) * wide
        else:
            target, holds = f"≥ {1 - MAX_LOSS:g} × float32", figure.value >= (1 - MAX_LOSS) * wide
        yield Row(
            figure=f"{exported.format}, {of}",
            value=figure.value,
            unit=figure.unit or "1",
            target=target,
            holds=holds,
            peer="float32, same weights",
            peer_value=wide,
        )


def _holds(bound: str, value: float) -> bool | None:
    """Whether a manifest's bound such as "≤ 0.001" is kept; None where it is in other words."""
    found = re.fullmatch(r"([≤≥]) ([\d.e+-]+)", bound)
    if found is None:
        return None
    return value <= float(found[2]) if found[1] == "≤" else value >= float(found[2])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.export",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--to", action="append", choices=FORMATS, default=[], help="repeatable [all that can be written]"
    )
    parser.add_argument("--model", default=MODEL, help=f"a pulled model of the catalogue [{MODEL}]")
    parser.add_argument("--dry-run", action="store_true", help="measure, show and write nothing")
    return parser.parse_args()


if __name__ == "__main__":
    main()
