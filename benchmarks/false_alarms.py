"""What the redaction rules find in public texts that hold hardly anything private: questions, sums, reviews."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from upcall.edge_runtime.errors import UpcallError
from upcall.edge_runtime.redaction import Detector

_TEXTS_PER_FILE = 1_500
_SUFFIXES = {".json", ".jsonl", ".txt", ".dev", ".test", ".train"}
_DESCRIPTION = """Count what the redaction rules find in the texts of a folder, by type.

Every file in JSON, JSON lines or plain lines counts, at most 1,500 texts of each. Prints a table, with how many characters were
searched in a second of processor time; writes nothing. About a minute."""
_EXAMPLE = """example:
  python -m benchmarks.false_alarms ~/tasks --show AGE"""


@dataclass
class Findings:
    """What was found.

    Args:
        texts, characters: how much was searched.
        masked: characters found.
        counts: findings by type.
        shown: each finding of the type to show, with what stands around it.
    """

    texts: int = 0
    characters: int = 0
    masked: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    shown: list[str] = field(default_factory=list)


def texts_of(path: Path) -> Iterator[str]:
    """The texts of one file: the values of each record of JSON, joined by line breaks, or each line.

    Raises:
        OSError: the file cannot be read.
    """
    lines = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".json":
        whole = json.loads(lines)
        records = whole.get("examples", [whole]) if isinstance(whole, dict) else whole
    elif path.suffix == ".jsonl":
        records = [json.loads(line) for line in lines.splitlines() if line.strip()]
    else:
        records = lines.splitlines()
    for record in records[:_TEXTS_PER_FILE]:
        yield "\n".join(map(str, record.values())) if isinstance(record, Mapping) else str(record)


def search(folder: Path, detector: Detector, *, show: str = "") -> Findings:
    """What the detector finds in all texts below a folder.

    Raises:
        OSError, ValueError: a file cannot be read.
    """
    found = Findings()
    for path in sorted(folder.rglob("*")):
        if path.suffix not in _SUFFIXES or not path.is_file():
            continue
        for text in texts_of(path):
            found.texts += 1
            found.characters += len(text)
            for span in detector.find(text):
                found.counts[span.entity_type] += 1
                found.masked += span.end - span.start
                if span.entity_type == show:
                    around = text[max(0, span.start - 30) : span.end + 15]
                    found.shown.append(f"{path.name}: {span.detector}: {around!r}")
    return found


def main() -> None:
    """Search, print."""
    parser = argparse.ArgumentParser(
        description=_DESCRIPTION, epilog=_EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", default=os.environ.get("UPCALL_DATA"), help="[$UPCALL_DATA]")
    parser.add_argument("--show", metavar="TYPE", default="", help="print every finding of this type")
    given = parser.parse_args()
    if given.folder is None or not Path(given.folder).is_dir():
        parser.error("give a folder of texts")
    started = time.process_time()
    try:
        found = search(Path(given.folder), Detector(), show=given.show)
    except (OSError, ValueError, UpcallError) as error:
        sys.exit(f"The texts cannot be searched ({type(error).__name__}).")
    _print(found, time.process_time() - started)


def _print(found: Findings, seconds: float) -> None:
    console = Console(highlight=False, soft_wrap=True)
    millions = found.characters / 1e6
    table = Table(
        "type", "findings", "for a million characters", title=f"{found.texts:,} texts, {millions:.2f} M characters"
    )
    for kind, count in sorted(found.counts.items()):
        table.add_row(kind, f"{count:,}", f"{count / millions:.2f}")
    console.print(table)
    share = found.masked / max(1, found.characters)
    console.print(
        f"{share:.6f} of the characters found; {found.characters / max(seconds, 1e-9):,.0f} characters a second"
    )
    for line in found.shown:
        console.print(line, markup=False)


if __name__ == "__main__":
    main()
