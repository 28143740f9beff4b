"""The two runtimes that benchmarks set side by side, each in a process of its own: Kotlin's on Java, and Python's."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.pii_data import DATA_VARIABLE
from benchmarks.subjects import ChildModel, Label, stored_bytes
from upcall.edge_runtime.bundle import Bundle, open_bundle
from upcall.edge_runtime.downloads.catalogue import find
from upcall.edge_runtime.downloads.store import model_folder
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.opening import NAME_MODEL, default_bundle_path
from upcall.edge_runtime.processors import physical_cores

KOTLIN, PYTHON = "Kotlin", "Python"
HOW_TO_MAKE_PYTHON = """Engines are only alike where they are of one version, and Java's is the one that Android has.
So give Python that, too:
  python -m venv ~/ort126
  ~/ort126/bin/pip install -c constraints.txt -e . onnx && ~/ort126/bin/pip install onnxruntime==1.26.0
"""
KOTLIN_PROGRAM = (sys.executable, "-m", "android.check", "--run", "bench")
"""Compiles android/bench if need be and becomes it."""
_COMPILING_S = 900.0  # patience with the Kotlin program, which is compiled first if need be


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that say which runtimes are set side by side."""
    add = parser.add_argument
    add("--bundle", type=Path, default=default_bundle_path(), metavar="DIR", help="device bundle [the default one]")
    add("--names", type=Path, default=model_folder(find(NAME_MODEL)), metavar="DIR", help="name model [the pulled one]")
    add("--data", type=Path, metavar="DIR", help=f"folder of the texts [${DATA_VARIABLE}]")
    add("--python", type=Path, default=Path(sys.executable), metavar="FILE", help="interpreter of the peer [this one]")
    add("--threads", type=positive, default=physical_cores(), metavar="N", help="of each engine [physical cores]")


def check(given: argparse.Namespace) -> Bundle:
    """The bundle, verified; what cannot be measured is refused before anything is.

    Raises:
        UpcallError: something is missing.
    """
    if not given.python.exists():
        raise InputError(f"There is no {given.python}.", next_step="see the end of --help for how to make it")
    if not (given.names / "model_q4.onnx").is_file():
        raise InputError(f"There is no name model in {given.names}.", next_step=f"upcall pull {NAME_MODEL}")
    return open_bundle(given.bundle)


def start(
    given: argparse.Namespace, bundle: Bundle, *, module: str, arguments: Sequence[str], texts: Sequence[str] = ()
) -> Iterator[tuple[str, ChildModel]]:
    """Load both runtimes.

    Args:
        given: ``python``, ``names`` and ``threads``.
        bundle: for both.
        module: what Python runs.
        arguments: of the Kotlin program.
        texts: that they keep.

    Raises:
        MeasuringError: one cannot load.
    """
    commands = {
        PYTHON: [str(given.python.absolute()), "-m", module],
        KOTLIN: [*KOTLIN_PROGRAM, *arguments],
    }
    settings = {
        "bundle": str(bundle.path.absolute()),
        "names": str(given.names.absolute()),
        "threads": given.threads,
        "texts": list(texts),
    }
    for name, command in commands.items():
        label = Label(
            name=name,
            settings="",
            is_upcall=True,
            bytes_per_token=None,
            stored_bytes=stored_bytes(bundle.path),
        )
        yield name, ChildModel(label, command, settings, patience_s=_COMPILING_S)


def positive(text: str) -> int:
    """A number of an option, 1 or more."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{number} is not 1 or more")
    return number
